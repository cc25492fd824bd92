-- By which columns a row is found for certain: those of the unique indexes without a condition, a row per column. $1 schemas,
-- $2 tables. Answers the table's place, the index, the column.
SELECT a.n, i.indexrelid, t.attname
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS a(schema_name, table_name, n)
JOIN pg_namespace s ON s.nspname = a.schema_name::name
JOIN pg_class c ON c.relnamespace = s.oid AND c.relname = a.table_name::name
JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
CROSS JOIN LATERAL unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k(attnum)
JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum = k.attnum
ORDER BY a.n, cardinality(i.indkey::int2[]), i.indexrelid

-- What the catalogue knows of tables that records are written to: a row per column. $1 schemas, $2 tables. Answers the table's place,
-- whether it is a view, whether this role may use its schema and delete from it, the column and its type (of a domain the one that it stands on) without modifier,
-- of which family it is, the modifier, NOT NULL, filled without us, computed, whether this role may select, insert, update it (which of a
-- view takes one that passes them on, by a trigger or rule of its own (68, 80: INSTEAD OF INSERT, UPDATE; pg_trigger.h), or this very
-- column), the domain.
SELECT a.n, c.relkind IN ('v', 'm', 'f'), has_schema_privilege(s.oid, 'USAGE'), has_table_privilege(c.oid, 'DELETE'), t.attname,
	format_type(b.oid, -1), CASE WHEN b.typtype = 'e' THEN 'enum'
		WHEN b.typcategory = 'S' AND b.typname NOT IN ('name', 'char') THEN 'text'
		WHEN b.typcategory = 'A' AND e.typcategory = 'S' AND e.typname NOT IN ('name', 'char') THEN 'texts'
		WHEN b.oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'integer'
		WHEN b.oid IN ('float4'::regtype, 'float8'::regtype) THEN 'float'
		WHEN b.oid IN ('numeric'::regtype, 'bool'::regtype, 'date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype, 'jsonb'::regtype,
			'json'::regtype, 'uuid'::regtype) THEN b.typname::text
		ELSE '' END,
	b.modifier, b.not_null AND c.relkind IN ('r', 'p'), b.filled, t.attgenerated <> '' OR t.attidentity = 'a',
	has_column_privilege(c.oid, t.attnum, 'SELECT'), has_column_privilege(c.oid, t.attnum, 'INSERT') AND takes.inserts,
	has_column_privilege(c.oid, t.attnum, 'UPDATE') AND takes.updates, CASE WHEN b.oid <> t.atttypid THEN format_type(t.atttypid, -1) ELSE '' END
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS a(schema_name, table_name, n)
JOIN pg_namespace s ON s.nspname = a.schema_name::name
JOIN pg_class c ON c.relnamespace = s.oid AND c.relname = a.table_name::name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped
CROSS JOIN LATERAL (
	WITH RECURSIVE base(oid, modifier, not_null, filled) AS (
		SELECT t.atttypid, t.atttypmod, t.attnotnull, t.atthasdef OR t.attidentity <> ''
		UNION ALL
		SELECT y.typbasetype, coalesce(nullif(y.typtypmod, -1), base.modifier), base.not_null OR y.typnotnull,
			base.filled OR y.typdefault IS NOT NULL
		FROM base JOIN pg_type y ON y.oid = base.oid WHERE y.typtype = 'd'
	)
	SELECT base.*, y.typtype, y.typcategory, y.typname, y.typelem FROM base JOIN pg_type y ON y.oid = base.oid WHERE y.typtype <> 'd'
) b
LEFT JOIN pg_type e ON e.oid = b.typelem
CROSS JOIN LATERAL (SELECT c.relkind NOT IN ('v', 'm') OR (pg_relation_is_updatable(c.oid, true) & 8 = 8 AND (own.inserts OR own.plain)) AS inserts,
	c.relkind NOT IN ('v', 'm') OR (pg_relation_is_updatable(c.oid, true) & 4 = 4 AND (own.updates OR own.plain)) AS updates
	FROM (SELECT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgtype & 68 = 68)
			OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type = '3' AND w.is_instead) AS inserts,
		EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgtype & 80 = 80)
			OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type = '2' AND w.is_instead) AS updates,
		c.relkind = 'v' AND pg_column_is_updatable(c.oid, t.attnum, false) AS plain) own) takes
ORDER BY a.n, t.attnum

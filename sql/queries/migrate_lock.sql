-- One migrator per schema; others wait here. $1 schema.
SELECT pg_advisory_lock(hashtextextended('tds:migrate:' || $1, 0))

-- What a drift scan repaired, or a dry run would write. $1 organisation, $2 entity, $3 changes (jsonb array of arrays), $4 run,
-- $5 page, $6 worker, $7 'verify' or 'dry_run'.
WITH found AS (
	SELECT c.change ->> 'id' AS id, c.change ->> 'kind' AS kind, c.change -> 'fields' AS fields
	FROM jsonb_array_elements($3::jsonb) a(list) CROSS JOIN jsonb_array_elements(a.list) c(change)
)
INSERT INTO tds_differences (organization_id, run_id, page, entity_type, source_entity_id, kind, fields, action, worker_id)
SELECT $1, $4::uuid, $5::int, $2::tds_entity_type, f.id, f.kind, CASE WHEN f.kind = 'differs' THEN f.fields END,
	CASE WHEN $7 = 'dry_run' THEN 'none' ELSE 'written' END, $6
FROM found f
ON CONFLICT (run_id, entity_type, source_entity_id) DO NOTHING

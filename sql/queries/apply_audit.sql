-- The audit trail of records: old and new values of the changed fields. $1 organisation, $2 entity, $3 changes (jsonb array of
-- arrays), $4 run or NULL, $5 page or NULL, $6 worker.
INSERT INTO tds_audit_trail (organization_id, entity_type, entity_id, operation, old_value, new_value, changed_fields, changed_by,
	change_source, sync_queue_id, sync_run_id, context)
SELECT $1, $2::tds_entity_type, c.change ->> 'id',
	CASE c.change ->> 'kind' WHEN 'missing_here' THEN 'create' WHEN 'deleted' THEN 'delete' ELSE 'update' END,
	CASE WHEN c.change ->> 'kind' <> 'missing_here' THEN f.old END, f.new, f.names, $6, 'zoho', (c.change ->> 'event')::uuid, $4::uuid,
	CASE WHEN $5::int IS NOT NULL THEN jsonb_build_object('page', $5::int) END
FROM jsonb_array_elements($3::jsonb) a(list) CROSS JOIN jsonb_array_elements(a.list) c(change)
CROSS JOIN LATERAL (SELECT jsonb_object_agg(key, value -> 0) AS old, jsonb_object_agg(key, value -> 1) AS new,
	jsonb_agg(key ORDER BY key) AS names
	FROM jsonb_each(CASE WHEN jsonb_typeof(c.change -> 'fields') = 'object' THEN c.change -> 'fields' ELSE '{}' END)) f

-- Rows of a page that were ignored, and why. $1 organisation, $2 entity, $3 ids text[], $4 their versions text[] ('' = none),
-- $5 run, $6 page, $7 worker.
INSERT INTO tds_sync_logs (organization_id, sync_run_id, entity_type, source_entity_id, operation_type, operation_status, outcome,
	worker_id, context_data)
SELECT $1, $5::uuid, $2::tds_entity_type, x.id, 'upsert', 'completed', 'stale', $7,
	jsonb_build_object('page', $6::int, 'version', nullif(x.version, ''), 'kept_version', s.last_modified, 'why', CASE
		WHEN s.deleted_at IS NOT NULL THEN 'a delete was seen after this page was fetched'
		WHEN nullif(x.version, '')::timestamptz < s.last_modified THEN 'a newer version was there'
		ELSE 'the same version was seen later than this page was fetched' END)
FROM unnest($3::text[], $4::text[]) AS x(id, version)
JOIN tds_entity_state s ON s.organization_id = $1 AND s.entity_type = $2::tds_entity_type AND s.source_entity_id = x.id

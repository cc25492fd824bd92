-- Per entity: complete as of when, what that scan found different between Zoho and the tables, and what became of it. $1 organisation,
-- $2 entities text[].
WITH scan AS MATERIALIZED (
	SELECT e.name AS entity_type, r.* FROM (SELECT unnest($2::tds_entity_type[]) AS name) e
	LEFT JOIN LATERAL (SELECT id, started_at, completed_at, total_events, failed_events, missing_count, differing_count FROM tds_sync_runs r
		WHERE r.organization_id = $1 AND r.entity_type = e.name AND r.verify AND r.scan_complete AND r.status = 'completed'
		ORDER BY r.started_at DESC LIMIT 1) r ON true
), difference AS MATERIALIZED (
	SELECT d.run_id, d.source_entity_id, d.kind, d.fields, d.found_at, CASE
		WHEN d.action <> 'proving' THEN d.action
		WHEN q.status = 'dead_letter' THEN 'dead_letter'
		WHEN q.status IS NULL OR q.status <> 'completed' THEN 'proving'
		WHEN (q.processing_result ->> 'fetched')::boolean THEN 'there_after_all'
		WHEN q.processing_result ->> 'outcome' = 'applied' THEN 'deleted'
		ELSE q.processing_result ->> 'outcome' END AS action
	FROM scan s JOIN tds_differences d ON d.run_id = s.id
	LEFT JOIN tds_sync_queue q ON d.action = 'proving' AND q.sync_run_id = d.run_id AND q.source_entity_id = d.source_entity_id
)
SELECT jsonb_build_object('timestamp', tds_time_json(now()), 'entities', jsonb_object_agg(s.entity_type, jsonb_build_object(
	'complete_as_of', tds_time_json(s.started_at), 'age_seconds', extract(epoch FROM now() - s.started_at)::bigint,
	'run_id', s.id, 'rows', s.total_events, 'failed', s.failed_events,
	'found', jsonb_build_object('missing_here', coalesce(f.missing_here, 0), 'differs', coalesce(f.differs, 0), 'missing_there', coalesce(f.missing_there, 0)),
	'done', coalesce((SELECT jsonb_object_agg(x.action, x.n) FROM (SELECT action, count(*) AS n FROM difference WHERE run_id = s.id GROUP BY 1) x), '{}'),
	'details_wanted', (SELECT count(*) FROM tds_entity_state w WHERE w.organization_id = $1 AND w.entity_type = s.entity_type AND w.detail_wanted),
	'differences', coalesce((SELECT jsonb_agg(jsonb_build_object('entity_id', x.source_entity_id, 'kind', x.kind, 'fields', x.fields,
		'action', x.action, 'found_at', tds_time_json(x.found_at)))
		FROM (SELECT * FROM difference WHERE run_id = s.id ORDER BY found_at, source_entity_id LIMIT 100) x), '[]'))))::text
FROM scan s
LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE kind = 'missing_here') AS missing_here, count(*) FILTER (WHERE kind = 'differs') AS differs,
	count(*) FILTER (WHERE kind = 'missing_there') AS missing_there FROM difference d WHERE d.run_id = s.id) f ON true

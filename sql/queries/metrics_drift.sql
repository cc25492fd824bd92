-- Per entity: complete as of when (a scan of which records failed is no proof of that), what the last scan found different between
-- Zoho and the tables, and what became of it. $1 organisation,
-- $2 entities text[].
WITH scan AS MATERIALIZED (
	SELECT e.name AS entity_type, r.*, c.at AS complete_at FROM (SELECT unnest($2::tds_entity_type[]) AS name) e
	LEFT JOIN LATERAL (SELECT id, started_at, completed_at, total_events, failed_events, missing_count, differing_count FROM tds_sync_runs r
		WHERE r.organization_id = $1 AND r.entity_type = e.name AND r.verify AND r.scan_complete AND r.status = 'completed'
		ORDER BY r.started_at DESC LIMIT 1) r ON true
	LEFT JOIN LATERAL (SELECT max(started_at) AS at FROM tds_sync_runs r WHERE r.organization_id = $1 AND r.entity_type = e.name
		AND r.verify AND r.scan_complete AND r.status = 'completed' AND r.failed_events = 0) c ON true
), difference AS MATERIALIZED (
	SELECT d.run_id, d.source_entity_id, d.kind, d.fields, d.found_at, CASE d.action WHEN 'proving' THEN tds_difference_outcome(d) ELSE d.action END AS action
	FROM scan s JOIN tds_differences d ON d.run_id = s.id
)
SELECT jsonb_build_object('timestamp', tds_time_json(now()), 'entities', jsonb_object_agg(s.entity_type, jsonb_build_object(
	'complete_as_of', tds_time_json(s.complete_at), 'age_seconds', extract(epoch FROM now() - s.complete_at)::bigint, 'compared_at', tds_time_json(s.started_at),
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

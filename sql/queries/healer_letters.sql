-- Dead letters, newest first. $1 organisation, $2 entity or NULL, $3 resolved, $4 priority or NULL, $5 limit, $6 offset. Answers the page
-- and the total.
WITH d AS (
	SELECT * FROM tds_dead_letter_queue WHERE organization_id = $1 AND ($2::text IS NULL OR entity_type::text = $2::text)
		AND resolved = $3::boolean AND ($4::text IS NULL OR priority = $4::text)
), page AS (
	SELECT * FROM d ORDER BY created_at DESC, id LIMIT $5::int OFFSET $6::int
), total AS (SELECT count(*) AS n FROM d)
SELECT jsonb_build_object('items', coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'sync_queue_id', sync_queue_id,
		'entity_type', entity_type, 'source_entity_id', source_entity_id, 'failure_reason', failure_reason, 'error_code', error_code,
		'total_attempts', total_attempts, 'created_at', tds_time_json(created_at), 'resolved', resolved,
		'resolved_at', tds_time_json(resolved_at), 'assigned_to', assigned_to, 'priority', priority, 'retry_count', retry_count,
		'last_retry_at', tds_time_json(last_retry_at)) ORDER BY created_at DESC, id) FROM page), '[]'),
	'total', n, 'page', $6::int / $5::int + 1, 'page_size', $5::int, 'total_pages', (n + $5::int - 1) / $5::int)::text, n
FROM total

-- Webhooks of the last hours. $1 organisation, $2 hours.
WITH e AS (
	SELECT i.entity_type, i.duplicate_count, i.received_at, q.status, q.attempt_count, q.completed_at
	FROM tds_inbox_events i LEFT JOIN tds_sync_queue q ON q.inbox_event_id = i.id
	WHERE i.organization_id = $1 AND i.received_at > now() - $2::int * interval '1 hour'
), entities AS (
	SELECT entity_type, jsonb_build_object('received', count(*), 'processed', count(*) FILTER (WHERE status = 'completed'),
		'failed', count(*) FILTER (WHERE status = 'dead_letter')) AS counts
	FROM e GROUP BY entity_type
)
SELECT jsonb_build_object('period', format('last_%s_hours', $2::int), 'total_received', count(*),
	'total_processed', count(*) FILTER (WHERE status = 'completed'), 'total_failed', count(*) FILTER (WHERE status = 'dead_letter'),
	'total_retried', count(*) FILTER (WHERE attempt_count > 1 OR status = 'retry'), 'duplicates', coalesce(sum(duplicate_count), 0),
	'success_rate', CASE WHEN count(*) FILTER (WHERE status IN ('completed', 'dead_letter')) = 0 THEN 1
		ELSE round(count(*) FILTER (WHERE status = 'completed')::numeric / count(*) FILTER (WHERE status IN ('completed', 'dead_letter')), 4) END,
	'by_entity', coalesce((SELECT jsonb_object_agg(entity_type, counts) FROM entities), '{}'),
	'latency_ms', (SELECT jsonb_build_object(
		'p50', coalesce(round((percentile_cont(0.5) WITHIN GROUP (ORDER BY ms))::numeric, 2), 0),
		'p95', coalesce(round((percentile_cont(0.95) WITHIN GROUP (ORDER BY ms))::numeric, 2), 0),
		'p99', coalesce(round((percentile_cont(0.99) WITHIN GROUP (ORDER BY ms))::numeric, 2), 0))
		FROM (SELECT extract(epoch FROM completed_at - received_at) * 1000 AS ms FROM e WHERE status = 'completed') l),
	'timestamp', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text
FROM e

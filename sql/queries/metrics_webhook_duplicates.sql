-- Deliveries that came more than once. $1 organisation, $2 hours.
WITH e AS (
	SELECT idempotency_key, entity_type, source_entity_id, duplicate_count, received_at, last_duplicate_at
	FROM tds_inbox_events
	WHERE organization_id = $1 AND duplicate_count > 0 AND received_at > now() - $2::int * interval '1 hour'
	ORDER BY last_duplicate_at DESC
)
SELECT jsonb_build_object('success', true, 'analysis', jsonb_build_object('period_hours', $2::int, 'duplicate_event_groups', count(*),
	'events', coalesce(jsonb_agg(jsonb_build_object('idempotency_key', idempotency_key, 'entity_type', entity_type,
		'entity_id', source_entity_id, 'retry_count', duplicate_count,
		'first_attempt', to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
		'last_attempt', to_char(last_duplicate_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
		'time_span_seconds', round(extract(epoch FROM last_duplicate_at - received_at), 3))), '[]')))::text
FROM (SELECT * FROM e LIMIT 1000) e

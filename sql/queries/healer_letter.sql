-- One dead letter; its payload apart, where jsonb can't hold it. $1 organisation, $2 letter. Answers the letter without its payload,
-- the payload's JSON or NULL, its bytes in hex or NULL.
SELECT jsonb_build_object('id', d.id, 'sync_queue_id', d.sync_queue_id, 'sync_run_id', d.sync_run_id, 'page', d.page,
	'entity_type', d.entity_type, 'source_entity_id', d.source_entity_id, 'operation_type', d.operation_type,
	'failure_reason', d.failure_reason, 'error_code', d.error_code, 'error_field', d.error_field, 'total_attempts', d.total_attempts,
	'last_error_message', d.last_error_message, 'created_at', tds_time_json(d.created_at), 'priority', d.priority,
	'assigned_to', d.assigned_to, 'correlation_id', d.correlation_id, 'retry_count', d.retry_count,
	'last_retry_at', tds_time_json(d.last_retry_at), 'resolved', d.resolved, 'resolved_at', tds_time_json(d.resolved_at),
	'resolved_by', d.resolved_by, 'resolution_notes', d.resolution_notes,
	'attempts', coalesce((SELECT jsonb_agg(jsonb_build_object('at', tds_time_json((a.v ->> 'at')::timestamptz), 'error_code', a.v -> 'error_code',
		'error_message', a.v -> 'error_message') ORDER BY a.n) FROM jsonb_array_elements(d.attempts) WITH ORDINALITY a (v, n)), '[]'))
	|| CASE WHEN d.obituary IS NOT NULL THEN jsonb_build_object('obituary', d.obituary)
		WHEN d.last_stack_trace IS NOT NULL THEN jsonb_build_object('obituary', jsonb_build_object('words', d.last_stack_trace))
		ELSE '{}' END,
	coalesce(d.last_payload, q.validated_payload, i.raw_payload)::text, encode(coalesce(d.raw_body, i.raw_body), 'hex')
FROM tds_dead_letter_queue d
LEFT JOIN tds_sync_queue q ON q.id = d.sync_queue_id
LEFT JOIN tds_inbox_events i ON i.id = coalesce(q.inbox_event_id, d.inbox_event_id)
WHERE d.organization_id = $1 AND d.id = $2::uuid

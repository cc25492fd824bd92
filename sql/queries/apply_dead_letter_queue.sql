-- Gives up on a queue row. $1 organisation, $2 seq, $3 reason, $4 SQLSTATE, $5 PostgreSQL's words, $6 worker, $7 obituary or NULL,
-- $8 field or NULL.
WITH gone AS (
	UPDATE tds_sync_queue q SET status = 'dead_letter', completed_at = now(), attempt_count = q.attempt_count + 1,
		next_retry_at = NULL, locked_by = NULL, lock_expires_at = NULL, error_message = $3, error_code = $4
	WHERE q.organization_id = $1 AND q.seq = $2::bigint AND q.status IN ('pending', 'processing', 'retry', 'failed')
	RETURNING q.*
), log AS (
	INSERT INTO tds_sync_logs (organization_id, sync_queue_id, sync_run_id, entity_type, source_entity_id, operation_type, operation_status,
		attempt_number, error_message, error_code, worker_id)
	SELECT organization_id, id, sync_run_id, entity_type, source_entity_id, operation_type, 'dead_letter', attempt_count, $3, $4, $6 FROM gone
)
INSERT INTO tds_dead_letter_queue (sync_queue_id, inbox_event_id, organization_id, entity_type, source_entity_id, operation_type,
	failure_reason, error_code, total_attempts, last_error_message, last_stack_trace, last_payload, last_modified, observed_at,
	correlation_id, attempts, error_field)
SELECT g.id, g.inbox_event_id, g.organization_id, g.entity_type, g.source_entity_id, g.operation_type, $3, $4, g.attempt_count,
	$5, $7, coalesce(g.validated_payload, i.raw_payload), g.last_modified, g.observed_at, g.correlation_id,
	jsonb_build_array(jsonb_build_object('at', now(), 'error_code', $4::text, 'error_message', $5::text)), $8
FROM gone g LEFT JOIN tds_inbox_events i ON i.id = g.inbox_event_id
ON CONFLICT (sync_queue_id) WHERE NOT resolved AND sync_queue_id IS NOT NULL DO UPDATE SET failure_reason = excluded.failure_reason,
	error_code = excluded.error_code, total_attempts = excluded.total_attempts, last_error_message = excluded.last_error_message,
	last_stack_trace = excluded.last_stack_trace,
	error_field = excluded.error_field, attempts = tds_dead_letter_queue.attempts || excluded.attempts

-- Poison: every waiting event of a record that killed its actor becomes a dead letter, before anything else is touched.
-- $1 organisation, $2 entity, $3 id, $4 reason, $5 obituary, $6 worker.
WITH gone AS (
	UPDATE tds_sync_queue q SET status = 'dead_letter', completed_at = now(), attempt_count = q.attempt_count + 1,
		next_retry_at = NULL, locked_by = NULL, lock_expires_at = NULL, error_message = $4, error_code = 'poison'
	WHERE q.organization_id = $1 AND q.entity_type = $2::tds_entity_type AND q.source_entity_id = $3
		AND q.status IN ('pending', 'processing', 'retry', 'failed')
	RETURNING q.*
), log AS (
	INSERT INTO tds_sync_logs (organization_id, sync_queue_id, entity_type, source_entity_id, operation_type, operation_status,
		attempt_number, error_message, error_code, worker_id)
	SELECT organization_id, id, entity_type, source_entity_id, operation_type, 'dead_letter', attempt_count, $4, 'poison', $6 FROM gone
)
INSERT INTO tds_dead_letter_queue (sync_queue_id, inbox_event_id, organization_id, entity_type, source_entity_id, operation_type,
	failure_reason, error_code, total_attempts, last_error_message, last_stack_trace, obituary, last_payload, last_modified,
	observed_at, correlation_id, priority)
SELECT g.id, g.inbox_event_id, g.organization_id, g.entity_type, g.source_entity_id, g.operation_type, $4, 'poison',
	g.attempt_count, $5, $5, jsonb_build_object('words', $5::text), coalesce(g.validated_payload, i.raw_payload), g.last_modified,
	g.observed_at, g.correlation_id, 'high'
FROM gone g LEFT JOIN tds_inbox_events i ON i.id = g.inbox_event_id
ON CONFLICT (sync_queue_id) WHERE NOT resolved AND sync_queue_id IS NOT NULL DO NOTHING

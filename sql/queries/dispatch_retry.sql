-- An attempt failed, the next one is scheduled. $1 organisation, $2 seq, $3 wait in ms, $4 code, $5 error.
WITH again AS (
	UPDATE tds_sync_queue SET status = 'retry', attempt_count = attempt_count + 1, error_code = $4, error_message = $5,
		next_retry_at = now() + $3::bigint * interval '1 millisecond', locked_by = NULL, lock_expires_at = NULL
	WHERE organization_id = $1 AND seq = $2::bigint AND status IN ('pending', 'processing', 'retry', 'failed')
	RETURNING *
)
INSERT INTO tds_sync_logs (organization_id, sync_queue_id, entity_type, source_entity_id, operation_type, operation_status,
	attempt_number, error_code, error_message, worker_id)
SELECT organization_id, id, entity_type, source_entity_id, operation_type, 'retry', attempt_count, $4, $5, 'dispatcher' FROM again

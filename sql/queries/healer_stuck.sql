-- Work that nobody is at any more goes back: a lease that ran out, a failed attempt whose next one nobody scheduled. $1 organisation,
-- $2 stuck after in ms, $3 rows at most. Answers how many, and how many locks that freed.
WITH stuck AS (
	SELECT id, status, locked_by FROM tds_sync_queue
	WHERE organization_id = $1 AND ((status = 'processing' AND (lock_expires_at < now()
			OR coalesce(started_at, created_at) < now() - $2::bigint * interval '1 millisecond'))
		OR (status IN ('failed', 'retry') AND next_retry_at IS NULL))
	ORDER BY seq LIMIT $3::int FOR UPDATE SKIP LOCKED
), freed AS (
	UPDATE tds_sync_queue q SET status = (CASE stuck.status WHEN 'processing' THEN 'retry' ELSE 'pending' END)::tds_event_status,
		next_retry_at = CASE stuck.status WHEN 'processing' THEN now() END, locked_by = NULL, lock_expires_at = NULL, fence = q.fence + 1
	FROM stuck WHERE q.id = stuck.id
	RETURNING q.id, q.entity_type, q.source_entity_id, q.operation_type, q.attempt_count, stuck.status AS was, stuck.locked_by AS owner
), log AS (
	INSERT INTO tds_sync_logs (organization_id, sync_queue_id, entity_type, source_entity_id, operation_type, operation_status,
		attempt_number, error_message, worker_id)
	SELECT $1, id, entity_type, source_entity_id, operation_type, 'retry', attempt_count, format('was stuck in %s', was), coalesce(owner, 'healer')
	FROM freed
)
SELECT count(*), count(*) FILTER (WHERE was = 'processing') FROM freed

-- Closes worked-through queue rows; a whole record makes earlier waiting events of its record superfluous, dead letters
-- included. $1 organisation, $2 seqs, $3 outcomes (text), $4 worker. Answers the superseded seqs.
WITH o AS (SELECT * FROM unnest($2::bigint[], $3::text[]) AS o(seq, outcome)),
fin AS (
	UPDATE tds_sync_queue q SET status = 'completed', completed_at = now(), started_at = coalesce(q.started_at, now()),
		attempt_count = q.attempt_count + 1, next_retry_at = NULL, locked_by = NULL, lock_expires_at = NULL,
		error_message = NULL, error_code = NULL,
		processing_result = jsonb_build_object('outcome', o.outcome, 'worker', $4::text)
	FROM o WHERE q.organization_id = $1 AND q.seq = o.seq AND q.status IN ('pending', 'processing', 'retry', 'failed')
	RETURNING q.id, q.seq, q.organization_id, q.entity_type, q.source_entity_id, q.is_full, q.last_modified, q.operation_type,
		q.attempt_count, o.outcome
), sup AS (
	UPDATE tds_sync_queue q SET status = 'completed', completed_at = now(), next_retry_at = NULL, locked_by = NULL,
		processing_result = jsonb_build_object('outcome', 'superseded', 'by', f.id)
	FROM fin f
	WHERE f.is_full AND f.outcome IN ('applied', 'unchanged') AND q.organization_id = f.organization_id
		AND q.entity_type = f.entity_type AND q.source_entity_id = f.source_entity_id AND q.seq < f.seq
		AND q.status IN ('pending', 'retry', 'failed', 'dead_letter')
		AND (q.last_modified IS NULL OR q.last_modified <= f.last_modified)
	RETURNING q.id, q.seq, f.id AS by
), letters AS (
	UPDATE tds_dead_letter_queue d SET resolved = true, resolved_at = now(), resolved_by = $4,
		resolution_notes = 'superseded by event ' || s.by
	FROM sup s WHERE d.sync_queue_id = s.id AND NOT d.resolved
), log AS (
	INSERT INTO tds_sync_logs (organization_id, sync_queue_id, entity_type, source_entity_id, operation_type, operation_status,
		outcome, attempt_number, worker_id)
	SELECT organization_id, id, entity_type, source_entity_id, operation_type, 'completed', outcome, attempt_count, $4
	FROM fin WHERE outcome = 'stale'
)
SELECT seq FROM sup

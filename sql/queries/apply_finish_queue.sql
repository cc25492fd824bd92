-- Closes worked-through queue rows, where nothing else is to be closed with them (else: apply_finish_earlier.sql).
-- $1 organisation, $2 seqs, $3 outcomes (text), $4 worker.
WITH o AS (SELECT * FROM ROWS FROM (unnest($2::bigint[]), unnest($3::text[]), generate_series(1, (SELECT cardinality($2::bigint[])))) AS o(seq, outcome, n))
UPDATE tds_sync_queue q SET status = 'completed', completed_at = now(), started_at = coalesce(q.started_at, now()),
	attempt_count = q.attempt_count + 1, next_retry_at = NULL, locked_by = NULL, lock_expires_at = NULL,
	error_message = NULL, error_code = NULL,
	processing_result = jsonb_build_object('outcome', o.outcome, 'worker', $4::text)
FROM o WHERE q.seq = ANY ($2::bigint[]) AND q.seq = o.seq AND q.organization_id || '' = $1
	AND q.status::text IN ('pending', 'processing', 'retry', 'failed')

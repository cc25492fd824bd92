-- A record of a page or a fetch that can't be written: one open dead letter per record. $1 organisation, $2 entity, $3 id,
-- $4 reason, $5 SQLSTATE, $6 PostgreSQL's words, $7 worker, $8 run or NULL, $9 page or NULL, $10 payload's bytes,
-- $11 obituary, $12 field or NULL.
WITH known AS (
	UPDATE tds_dead_letter_queue d SET failure_reason = $4, error_code = $5, last_error_message = $6, sync_run_id = $8::uuid,
		page = $9::int, raw_body = $10::bytea, last_payload = tds_try_jsonb($10::bytea), error_field = $12, total_attempts = d.total_attempts + 1, last_stack_trace = coalesce($11, d.last_stack_trace),
		attempts = d.attempts || jsonb_build_array(jsonb_build_object('at', now(), 'error_code', $5::text, 'error_message', $6::text))
	WHERE d.organization_id = $1 AND d.entity_type = $2::tds_entity_type AND d.source_entity_id = $3 AND NOT d.resolved
		AND d.sync_queue_id IS NULL
	RETURNING 1
), log AS (
	INSERT INTO tds_sync_logs (organization_id, sync_run_id, entity_type, source_entity_id, operation_type, operation_status,
		error_message, error_code, worker_id)
	VALUES ($1, $8::uuid, $2::tds_entity_type, $3, 'upsert', 'dead_letter', $4, $5, $7)
)
INSERT INTO tds_dead_letter_queue (sync_run_id, page, organization_id, entity_type, source_entity_id, operation_type,
	failure_reason, error_code, total_attempts, last_error_message, last_stack_trace, raw_body, last_payload, error_field,
	observed_at, attempts)
SELECT $8::uuid, $9::int, $1, $2::tds_entity_type, $3, 'upsert', $4, $5, 1, $6, $11, CASE WHEN tds_try_jsonb($10::bytea) IS NULL THEN $10::bytea END,
	tds_try_jsonb($10::bytea), $12, now(),
	jsonb_build_array(jsonb_build_object('at', now(), 'error_code', $5::text, 'error_message', $6::text))
WHERE NOT EXISTS (SELECT FROM known)

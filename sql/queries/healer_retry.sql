-- Dead letters back into the queue: never a second open row for an event, never without a payload or a fetch in its place.
-- $1 organisation, $2 letter or NULL, $3 entity or NULL, $4 priority or NULL, $5 automatic, $6 wait in ms and $7 retries at most (both
-- automatic only), $8 rows at most, $9 by whom, $10 entities that have a handler, $11 correlation. Answers how many, and a queue id.
WITH tried AS (
	SELECT entity_type, source_entity_id, sync_queue_id, sum(retry_count) AS times, max(last_retry_at) AS last
	FROM tds_dead_letter_queue WHERE $5::boolean AND organization_id = $1 AND retry_count > 0 GROUP BY 1, 2, 3
), picked AS MATERIALIZED (
	SELECT d.*, q.status AS queue_status, coalesce(q.validated_payload, i.raw_payload) IS NOT NULL AS kept
	FROM tds_dead_letter_queue d
	LEFT JOIN tds_sync_queue q ON q.id = d.sync_queue_id
	LEFT JOIN tds_inbox_events i ON i.id = coalesce(q.inbox_event_id, d.inbox_event_id)
	WHERE d.organization_id = $1 AND NOT d.resolved AND d.entity_type::text = ANY ($10::text[])
		AND ($2::uuid IS NULL OR d.id = $2::uuid) AND ($3::text IS NULL OR d.entity_type::text = $3::text)
		AND ($4::text IS NULL OR d.priority = $4::text)
		AND (NOT $5::boolean OR (d.error_code IS DISTINCT FROM 'poison' AND d.retry_count < $7::int
			AND greatest(d.created_at, d.last_retry_at) < now() - $6::bigint * interval '1 millisecond'
			AND (SELECT coalesce(sum(t.times), 0) FROM tried t WHERE t.entity_type = d.entity_type
				AND t.source_entity_id = d.source_entity_id AND (t.sync_queue_id = d.sync_queue_id
					OR d.sync_queue_id IS NULL AND t.last > now() - ($7::int + 1) * $6::bigint * interval '1 millisecond')) < $7::int))
	ORDER BY d.created_at, d.id LIMIT $8::int FOR UPDATE OF d
), again AS (
	UPDATE tds_sync_queue q SET status = 'pending', attempt_count = 0, next_retry_at = NULL, locked_by = NULL, lock_expires_at = NULL,
		started_at = NULL, completed_at = NULL, processing_result = NULL, error_message = NULL, error_code = NULL,
		validated_payload = CASE WHEN p.kept THEN q.validated_payload ELSE p.last_payload END,
		is_full = q.is_full AND (p.kept OR p.last_payload IS NOT NULL),
		is_thin = q.is_thin OR (NOT p.kept AND p.last_payload IS NULL AND q.operation_type <> 'delete')
	FROM picked p WHERE q.id = p.sync_queue_id AND q.status = 'dead_letter'
), restored AS (
	INSERT INTO tds_sync_queue (id, inbox_event_id, sync_run_id, organization_id, entity_type, source_entity_id, operation_type,
		validated_payload, last_modified, observed_at, is_thin, correlation_id)
	SELECT sync_queue_id, inbox_event_id, sync_run_id, organization_id, entity_type, source_entity_id, coalesce(operation_type, 'upsert'),
		last_payload, last_modified, coalesce(observed_at, created_at),
		NOT kept AND last_payload IS NULL AND coalesce(operation_type, 'upsert') <> 'delete', correlation_id
	FROM picked WHERE sync_queue_id IS NOT NULL AND queue_status IS NULL
	ON CONFLICT DO NOTHING
), waiting AS (
	SELECT q.entity_type, q.source_entity_id, (array_agg(q.id ORDER BY q.seq DESC))[1] AS id
	FROM tds_sync_queue q
	WHERE q.organization_id = $1 AND q.is_thin AND q.status IN ('pending', 'processing', 'retry', 'failed')
		AND (q.entity_type, q.source_entity_id) IN (SELECT entity_type, source_entity_id FROM picked WHERE sync_queue_id IS NULL)
	GROUP BY 1, 2
), thin AS (
	INSERT INTO tds_sync_queue (sync_run_id, organization_id, entity_type, source_entity_id, is_thin, correlation_id)
	SELECT DISTINCT ON (entity_type, source_entity_id) sync_run_id, organization_id, entity_type, source_entity_id, true, correlation_id
	FROM picked p WHERE sync_queue_id IS NULL
		AND NOT EXISTS (SELECT FROM waiting w WHERE w.entity_type = p.entity_type AND w.source_entity_id = p.source_entity_id)
	ORDER BY entity_type, source_entity_id, created_at DESC
	RETURNING id, entity_type, source_entity_id
), landed AS (
	SELECT p.id, coalesce(p.sync_queue_id, l.id) AS queue_id FROM picked p
	LEFT JOIN (SELECT id, entity_type, source_entity_id FROM thin UNION ALL SELECT id, entity_type, source_entity_id FROM waiting) l
		ON p.sync_queue_id IS NULL AND l.entity_type = p.entity_type AND l.source_entity_id = p.source_entity_id
), letters AS (
	UPDATE tds_dead_letter_queue d SET resolved = true, resolved_at = now(), resolved_by = $9,
		resolution_notes = 'moved back to the queue', retry_count = d.retry_count + 1, last_retry_at = now(), sync_queue_id = l.queue_id
	FROM landed l WHERE d.id = l.id
	RETURNING d.id, d.entity_type, d.source_entity_id, d.sync_queue_id, d.failure_reason, d.error_code
), audit AS (
	INSERT INTO tds_audit_trail (organization_id, entity_type, entity_id, operation, changed_by, sync_queue_id, correlation_id, context)
	SELECT $1, entity_type, source_entity_id, 'dead-letter retry', $9, sync_queue_id, $11,
		jsonb_build_object('dead_letter', id, 'failure_reason', failure_reason, 'error_code', error_code, 'automatic', $5::boolean)
	FROM letters
)
SELECT count(*), min(sync_queue_id::text) FROM letters

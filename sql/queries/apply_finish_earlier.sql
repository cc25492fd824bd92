-- Closes worked-through queue rows; a whole record makes earlier waiting events of its record superfluous, dead letters
-- included, deletes not. One of the same version has other content (else it were a duplicate): Zoho must say which is right,
-- asked after both were received. Rows are looked up so that their key is used, whatever the planner thinks of the tables; a
-- series tells it that there may be many, else it compares each with each (its end is a query: what the planner can't fold makes a plan
-- for known arrays no better than the one for all).
-- $1 organisation, $2 seqs, $3 outcomes (text), $4 worker. Answers the superseded seqs, and the seq whose record is therefore
-- to be fetched.
WITH o AS (SELECT * FROM ROWS FROM (unnest($2::bigint[]), unnest($3::text[]), generate_series(1, (SELECT cardinality($2::bigint[])))) AS o(seq, outcome, n)),
fin AS (
	UPDATE tds_sync_queue q SET status = 'completed', completed_at = now(), started_at = coalesce(q.started_at, now()),
		attempt_count = q.attempt_count + 1, next_retry_at = NULL, locked_by = NULL, lock_expires_at = NULL,
		error_message = NULL, error_code = NULL,
		processing_result = jsonb_build_object('outcome', o.outcome, 'worker', $4::text)
	FROM o WHERE q.seq = ANY ($2::bigint[]) AND q.seq = o.seq AND q.organization_id || '' = $1
		AND q.status::text IN ('pending', 'processing', 'retry', 'failed')
	RETURNING q.id, q.seq, q.organization_id, q.entity_type, q.source_entity_id, q.is_full, q.last_modified, q.operation_type,
		q.attempt_count, o.outcome
), over AS MATERIALIZED (
	SELECT w.seq, f.id AS by, f.seq AS by_seq, coalesce(w.last_modified = f.last_modified, false) AS same
	FROM fin f CROSS JOIN LATERAL (
		SELECT q.seq, q.last_modified FROM tds_sync_queue q WHERE q.organization_id = $1 AND q.entity_type = f.entity_type
			AND q.source_entity_id = f.source_entity_id AND q.seq + 0 < f.seq
			AND q.status IN ('pending', 'processing', 'retry', 'failed', 'dead_letter') AND q.status <> 'processing'
			AND (q.operation_type <> 'delete' OR q.status = 'dead_letter')
			AND (q.last_modified IS NULL OR q.last_modified <= f.last_modified)
		OFFSET 0) w CROSS JOIN generate_series(1, (SELECT 1)) many
	WHERE f.is_full AND f.outcome IN ('applied', 'unchanged')
), sup AS (
	UPDATE tds_sync_queue q SET status = 'completed', completed_at = now(), next_retry_at = NULL, locked_by = NULL,
		processing_result = jsonb_build_object('outcome', 'superseded', 'by', o.by)
	FROM over o WHERE q.seq = ANY (ARRAY(SELECT seq FROM over)) AND q.seq = o.seq
		AND q.status::text IN ('pending', 'retry', 'failed', 'dead_letter')
	RETURNING q.id, q.seq, o.by, o.by_seq, q.organization_id, q.entity_type, q.source_entity_id, q.observed_at, o.same
), want AS (
	UPDATE tds_entity_state s SET detail_wanted = true, observed_at = greatest(s.observed_at, u.observed_at)
	FROM (SELECT organization_id, entity_type, source_entity_id, max(observed_at) AS observed_at FROM sup WHERE same GROUP BY 1, 2, 3) u
	WHERE s.organization_id = u.organization_id AND s.entity_type = u.entity_type AND s.source_entity_id = u.source_entity_id
		AND s.deleted_at IS NULL
), letters AS (
	UPDATE tds_dead_letter_queue d SET resolved = true, resolved_at = now(), resolved_by = $4,
		resolution_notes = 'superseded by event ' || s.by
	FROM sup s WHERE d.sync_queue_id = ANY (ARRAY(SELECT id FROM sup)) AND d.sync_queue_id = s.id AND NOT d.resolved
), mended AS (
	UPDATE tds_dead_letter_queue d SET resolved = true, resolved_at = now(), resolved_by = $4,
		resolution_notes = 'superseded by event ' || f.id
	FROM fin f WHERE EXISTS (SELECT FROM tds_dead_letter_queue o WHERE o.organization_id = $1 AND NOT o.resolved AND o.sync_queue_id IS NULL)
		AND f.is_full AND f.outcome IN ('applied', 'unchanged') AND d.organization_id = $1 AND d.entity_type = f.entity_type
		AND d.source_entity_id = f.source_entity_id AND NOT d.resolved AND d.sync_queue_id IS NULL
), log AS (
	INSERT INTO tds_sync_logs (organization_id, sync_queue_id, entity_type, source_entity_id, operation_type, operation_status,
		outcome, attempt_number, worker_id, context_data)
	SELECT f.organization_id, f.id, f.entity_type, f.source_entity_id, f.operation_type, 'completed', f.outcome, f.attempt_count, $4,
		jsonb_build_object('version', f.last_modified, 'kept_version', s.last_modified, 'why', CASE
			WHEN s.deleted_at IS NOT NULL THEN 'a later delete was there'
			WHEN f.last_modified < s.last_modified THEN 'a newer version was there'
			ELSE 'the same version was seen later than this event was received' END)
	FROM fin f LEFT JOIN tds_entity_state s ON s.organization_id = f.organization_id AND s.entity_type = f.entity_type
		AND s.source_entity_id = f.source_entity_id
	WHERE f.outcome = 'stale'
)
SELECT seq, CASE WHEN same THEN by_seq END AS refetch FROM sup

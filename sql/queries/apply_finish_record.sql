-- Closes what a fetched record settles: the queue row it was fetched for and, where it is what the row says now, waiting events
-- received before the fetch was sent. $1 organisation, $2 entity, $3 id, $4 seq or 0, $5 outcome, $6 sent (Unix µs), $7 worker.
-- Answers the closed seqs.
WITH fin AS (
	UPDATE tds_sync_queue q SET status = 'completed', completed_at = now(), started_at = coalesce(q.started_at, now()),
		attempt_count = q.attempt_count + (q.seq = $4::bigint)::int, next_retry_at = NULL, locked_by = NULL,
		lock_expires_at = NULL, error_message = NULL, error_code = NULL,
		processing_result = jsonb_build_object('outcome', CASE WHEN q.seq = $4::bigint THEN $5::text ELSE 'superseded' END,
			'worker', $7::text, 'fetched', true)
	WHERE q.organization_id = $1 AND q.entity_type = $2::tds_entity_type AND q.source_entity_id = $3
		AND ((q.seq = $4::bigint AND q.status IN ('pending', 'processing', 'retry', 'failed'))
			OR ($5 IN ('applied', 'unchanged') AND q.status IN ('pending', 'retry', 'failed', 'dead_letter')
				AND (q.operation_type <> 'delete' OR q.status = 'dead_letter')
				AND q.observed_at < 'epoch'::timestamptz + $6::bigint * interval '1 microsecond'))
	RETURNING q.id, q.seq
), mended AS (
	UPDATE tds_dead_letter_queue d SET resolved = true, resolved_at = now(), resolved_by = $7,
		resolution_notes = 'the record was fetched again'
	WHERE $5 IN ('applied', 'unchanged') AND d.organization_id = $1 AND d.entity_type = $2::tds_entity_type AND d.source_entity_id = $3
		AND NOT d.resolved AND d.sync_queue_id IS NULL
), letters AS (
	UPDATE tds_dead_letter_queue d SET resolved = true, resolved_at = now(), resolved_by = $7,
		resolution_notes = 'the record was fetched again'
	FROM fin f WHERE d.sync_queue_id = f.id AND NOT d.resolved
)
SELECT seq, NULL::bigint AS refetch FROM fin

-- Finished queue rows past their time. $1 organisation, $2 retention in ms, $3 rows at most.
WITH gone AS (
	DELETE FROM tds_sync_queue WHERE id IN (
		SELECT id FROM tds_sync_queue
		WHERE organization_id = $1 AND status = 'completed' AND created_at < now() - $2::bigint * interval '1 millisecond'
			AND completed_at < now() - $2::bigint * interval '1 millisecond'
		ORDER BY created_at LIMIT $3::int FOR UPDATE SKIP LOCKED)
	RETURNING 1
)
SELECT count(*) FROM gone

-- The ledger of pages of runs that ended long ago; the runs with their sums stay. $1 organisation, $2 retention in ms, $3 rows at most.
WITH gone AS (
	DELETE FROM tds_run_pages WHERE (run_id, page) IN (
		SELECT p.run_id, p.page FROM tds_sync_runs r JOIN tds_run_pages p ON p.run_id = r.id
		WHERE r.organization_id = $1 AND r.status IN ('completed', 'failed')
			AND r.created_at < now() - $2::bigint * interval '1 millisecond'
			AND r.completed_at < now() - $2::bigint * interval '1 millisecond'
		LIMIT $3::int)
	RETURNING 1
)
SELECT count(*) FROM gone

-- What scans and dry runs found long ago. $1 organisation, $2 retention in ms, $3 rows at most.
WITH gone AS (
	DELETE FROM tds_differences WHERE ctid = ANY (ARRAY(SELECT ctid FROM tds_differences
		WHERE organization_id = $1 AND found_at < now() - $2::bigint * interval '1 millisecond' LIMIT $3::int))
	RETURNING 1
)
SELECT count(*) FROM gone

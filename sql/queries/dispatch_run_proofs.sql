-- How the deletes stand that a run wants proved. $1 organisation, $2 run. Answers how many wait and how many were done.
SELECT count(*) FILTER (WHERE status IN ('pending', 'processing', 'retry', 'failed')),
	count(*) FILTER (WHERE status = 'completed' AND processing_result ->> 'outcome' = 'applied' AND NOT coalesce((processing_result ->> 'fetched')::boolean, false))
FROM tds_sync_queue WHERE sync_run_id = $2::uuid AND organization_id = $1 AND operation_type = 'delete'

-- What a run of each kind cost when it last went through, in calls. $1 organisation. Answers run_type, incremental, calls.
SELECT DISTINCT ON (run_type, incremental) run_type, incremental, api_calls FROM (
	SELECT run_type, coalesce((configuration_snapshot->>'incremental')::boolean, false) AS incremental, api_calls, created_at
	FROM tds_sync_runs WHERE organization_id = $1 AND status = 'completed' AND NOT dry_run AND parent_run_id IS NULL
		AND created_at > now() - interval '8 days') r
ORDER BY run_type, incremental, created_at DESC

-- How a time and a run are shown over HTTP, written once.
CREATE FUNCTION tds_time_json(t timestamptz) RETURNS text LANGUAGE sql STABLE AS $fn$
	SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$fn$;

-- While a run goes on, its pages are counted; afterwards its own sums hold.
CREATE FUNCTION tds_run_json(r tds_sync_runs) RETURNS jsonb LANGUAGE sql STABLE AS $fn$
	SELECT jsonb_build_object('id', r.id, 'run_type', r.run_type, 'type', r.run_type, 'entity_type', r.entity_type, 'status', r.status,
		'total_events', s.total, 'processed_events', s.processed, 'failed_events', s.failed,
		'processed', s.processed, 'total', s.total, 'failed', s.failed,
		'progress_percentage', CASE WHEN r.status = 'completed' THEN 100
			WHEN coalesce(r.pages_expected, 0) > 0 THEN least(99, 100 * s.pages / r.pages_expected) ELSE 0 END,
		'started_at', tds_time_json(r.started_at), 'completed_at', tds_time_json(r.completed_at),
		'duration_seconds', r.duration_seconds, 'duration', r.duration_seconds)
	FROM (
		SELECT CASE WHEN r.status = 'running' THEN coalesce(sum(p.rows), 0) ELSE r.total_events END AS total,
			CASE WHEN r.status = 'running' THEN coalesce(sum(p.rows - p.failed), 0) ELSE r.processed_events END AS processed,
			CASE WHEN r.status = 'running' THEN coalesce(sum(p.failed), 0) ELSE r.failed_events END AS failed, count(*) AS pages
		FROM tds_run_pages p WHERE p.run_id = r.id AND r.status = 'running'
	) s
$fn$;

-- What health is judged by. $1 organisation.
SELECT q.pending, q.processing, q.retry, q.failed, q.dead, coalesce(q.oldest_seconds, 0), d.open, a.active,
	i.received_24h, i.usual_24h, coalesce(i.last_received, 0), coalesce(r.last_sync, 0), w.warning, w.critical, p.paused
FROM (
	SELECT count(*) FILTER (WHERE status = 'pending') AS pending, count(*) FILTER (WHERE status = 'processing') AS processing,
		count(*) FILTER (WHERE status = 'retry') AS retry, count(*) FILTER (WHERE status = 'failed') AS failed,
		count(*) FILTER (WHERE status = 'dead_letter') AS dead,
		extract(epoch FROM now() - min(created_at) FILTER (WHERE status IN ('pending', 'failed', 'processing')))::bigint AS oldest_seconds
	FROM tds_sync_queue WHERE organization_id = $1 AND status IN ('pending', 'processing', 'retry', 'failed', 'dead_letter')
) q, (
	SELECT count(*) AS open FROM tds_dead_letter_queue WHERE organization_id = $1 AND NOT resolved
) d, (
	SELECT count(*) AS active FROM tds_alerts WHERE organization_id = $1 AND is_active
) a, (
	SELECT count(*) FILTER (WHERE received_at > now() - interval '24 hours') AS received_24h,
		count(*) FILTER (WHERE received_at <= now() - interval '24 hours') AS usual_24h,
		(extract(epoch FROM max(received_at)) * 1000000)::bigint AS last_received
	FROM tds_inbox_events WHERE organization_id = $1 AND received_at > now() - interval '48 hours'
) i, (
	SELECT (extract(epoch FROM max(completed_at)) * 1000000)::bigint AS last_sync FROM tds_sync_runs
	WHERE organization_id = $1 AND status = 'completed'
) r, (
	SELECT count(*) FILTER (WHERE severity = 'warning') AS warning, count(*) FILTER (WHERE severity IN ('error', 'critical')) AS critical
	FROM tds_alerts WHERE organization_id = $1 AND is_active
) w, (
	SELECT count(*) AS paused FROM tds_configuration WHERE organization_id = $1 AND config_key LIKE 'paused:%' AND config_value = 'true'
) p

-- Raises what is wrong, once per cause, and ends what is right again. $1 organisation, $2 queue_warning, $3 queue_critical,
-- $4 failure_rate_max, $5 sync_lag_max in ms, $6 actors that are up and have been for a while, $7 sync.certificate_age_max in ms (0: none is asked for),
-- $8 entities that have a handler. Answers how many alerts are new, and how
-- many ended. Lag is judged by what waits and by runs that fail, not by the clock: how often to sync is a choice.
WITH waiting AS (
	SELECT entity_type, count(*) AS n, min(created_at) AS oldest FROM tds_sync_queue
	WHERE organization_id = $1 AND status IN ('pending', 'processing', 'retry', 'failed') GROUP BY 1
), depth AS (
	SELECT coalesce(sum(n), 0)::int AS n FROM waiting
), open AS (
	SELECT entity_type, count(*)::int AS n, bool_or(error_code = 'poison' OR priority IN ('high', 'critical')) AS serious,
		(array_agg(failure_reason ORDER BY created_at DESC))[1] AS newest
	FROM tds_dead_letter_queue WHERE organization_id = $1 AND NOT resolved GROUP BY 1
), hour AS (
	SELECT (SELECT count(*) FROM tds_dead_letter_queue WHERE organization_id = $1 AND created_at > now() - interval '1 hour') AS failed,
		(SELECT count(*) FROM tds_sync_queue WHERE organization_id = $1 AND created_at > now() - interval '1 hour' AND status = 'completed')
		+ (SELECT coalesce(sum(processed_events), 0) FROM tds_sync_runs WHERE organization_id = $1
			AND created_at > now() - interval '1 hour' AND entity_type IS NOT NULL) AS fine
), rate AS (
	SELECT failed, fine + failed AS total, round(failed::numeric / nullif(fine + failed, 0), 4) AS share FROM hour
), behind AS (
	SELECT c.entity_type, c.last_sync_at, r.error_summary ->> 'error' AS error FROM tds_sync_cursors c
	JOIN LATERAL (SELECT status, error_summary FROM tds_sync_runs r WHERE r.organization_id = $1 AND r.entity_type = c.entity_type
		AND r.status IN ('completed', 'failed') ORDER BY r.created_at DESC LIMIT 1) r ON r.status = 'failed'
	WHERE c.organization_id = $1 AND coalesce(c.last_sync_at, c.created_at) < now() - $5::bigint * interval '1 millisecond'
), certificate AS (
	SELECT e.name AS entity_type, coalesce(c.at, (SELECT min(applied_at) FROM tds_schema_version)) AS at, c.at IS NOT NULL AS there
	FROM (SELECT unnest($8::tds_entity_type[]) AS name) e
	LEFT JOIN LATERAL (SELECT max(started_at) AS at FROM tds_sync_runs r WHERE r.organization_id = $1 AND r.entity_type = e.name
		AND r.verify AND r.scan_complete AND r.status = 'completed' AND r.failed_events = 0) c ON true
), held AS (
	SELECT r.entity_type, r.id, r.missing_count AS n FROM (SELECT unnest($8::tds_entity_type[]) AS name) e
	JOIN LATERAL (SELECT * FROM tds_sync_runs r WHERE r.organization_id = $1 AND r.entity_type = e.name AND r.scan_complete
		AND r.status = 'completed' ORDER BY r.created_at DESC LIMIT 1) r ON r.missing_count > 0
	WHERE EXISTS (SELECT FROM tds_differences d WHERE d.run_id = r.id AND d.kind = 'missing_there' AND d.action = 'left')
), causes (alert_type, alert_key, severity, title, message, entity_type, affected, threshold, actual) AS (
	SELECT 'queue_depth', 'queue-depth', CASE WHEN n >= $3::int THEN 'critical' ELSE 'warning' END, format('%s events are waiting', n),
		'More come in than are applied. tdsctl queue shows which; more shards: queue.workers.', NULL::tds_entity_type, n,
		to_jsonb(CASE WHEN n >= $3::int THEN $3::int ELSE $2::int END), to_jsonb(n)
	FROM depth WHERE n >= $2::int
	UNION ALL
	SELECT 'dead_letters', 'dead-letters:' || entity_type, CASE WHEN serious THEN 'error' ELSE 'warning' END,
		format('%s dead letter(s) of %s', n, entity_type), format('The newest: %s. Mend the cause, then tdsctl dead-letter retry.', left(newest, 500)),
		entity_type, n, to_jsonb(0), to_jsonb(n)
	FROM open
	UNION ALL
	SELECT 'failure_rate', 'failure-rate', 'error', format('%s %% of the last hour''s records failed', round(share * 100, 1)),
		format('%s of %s became dead letters.', failed, total), NULL, failed::int, to_jsonb($4::numeric), to_jsonb(share)
	FROM rate WHERE total >= 10 AND share > $4::numeric
	UNION ALL
	SELECT 'sync_lag', 'event-lag:' || entity_type, 'warning', format('Events of %s are not being applied', entity_type),
		format('%s wait, the oldest since %s. Is the entity paused or parked? tdsctl status, tdsctl queue.', n, tds_time_json(oldest)),
		entity_type, n::int, to_jsonb($5::bigint / 1000), to_jsonb(extract(epoch FROM now() - oldest)::bigint)
	FROM waiting WHERE oldest < now() - $5::bigint * interval '1 millisecond'
	UNION ALL
	SELECT 'sync_lag', 'sync-lag:' || entity_type, 'warning', format('The sync of %s fails', entity_type),
		format('The last one that completed was %s; since then: %s', coalesce(tds_time_json(last_sync_at), 'never'), left(coalesce(error, 'failed'), 500)),
		entity_type, NULL, to_jsonb($5::bigint / 1000), to_jsonb(extract(epoch FROM now() - last_sync_at)::bigint)
	FROM behind
	UNION ALL
	SELECT 'deletes_held', 'deletes-held:' || entity_type, 'warning', format('%s of %s are missing from Zoho''s list and stay', n, entity_type),
		format(CASE WHEN entity_type = 'branch' THEN 'Zoho has no details of them to prove it by; a delete event does. Look: GET /api/bff/tds/runs/%s.'
			ELSE 'More at once than sync.deletes_share_max allows. Look: GET /api/bff/tds/runs/%s. If they are really gone: tdsctl sync %s --confirm-deletes.' END,
			id, entity_type),
		entity_type, n, NULL, to_jsonb(n)
	FROM held
	UNION ALL
	SELECT 'certificate_old', 'certificate-old:' || entity_type, 'warning', format('%s was not compared with Zoho as a whole for too long', entity_type),
		format('%s %s: a scan of which records failed doesn''t count. tdsctl sync %s --verify does it now; why it wasn''t: tdsctl run list.', CASE WHEN there THEN 'Complete as of' ELSE 'Never since' END,
			tds_time_json(at), entity_type),
		entity_type, NULL, to_jsonb($7::bigint / 1000), to_jsonb(extract(epoch FROM now() - at)::bigint)
	FROM certificate WHERE $7::bigint > 0 AND at < now() - $7::bigint * interval '1 millisecond'
), raised AS (
	INSERT INTO tds_alerts AS a (organization_id, alert_type, alert_key, severity, title, message, entity_type, affected_count,
		threshold_value, actual_value)
	SELECT $1, alert_type, alert_key, severity::tds_alert_severity, title, message, entity_type, affected, threshold, actual FROM causes
	ON CONFLICT (organization_id, alert_key) WHERE is_active AND alert_key IS NOT NULL DO UPDATE
	SET severity = excluded.severity, title = excluded.title, message = excluded.message, affected_count = excluded.affected_count,
		threshold_value = excluded.threshold_value, actual_value = excluded.actual_value, last_triggered_at = now()
	RETURNING xmax = 0 AS fresh
), ended AS (
	UPDATE tds_alerts a SET is_active = false, resolved = true, resolved_at = now(), resolved_by = 'healer', resolution_notes = 'the cause is gone'
	WHERE a.organization_id = $1 AND a.is_active
		AND ((a.alert_type IN ('queue_depth', 'dead_letters', 'failure_rate', 'sync_lag', 'deletes_held', 'certificate_old')
				AND a.alert_key NOT IN (SELECT alert_key FROM causes))
			OR (a.alert_type = 'entity_parked' AND EXISTS (SELECT FROM tds_sync_queue q WHERE q.organization_id = $1
				AND q.entity_type = a.entity_type AND q.status = 'completed' AND q.completed_at > a.last_triggered_at
				AND q.created_at > now() - interval '7 days'))
			OR (a.alert_type = 'actor_down' AND a.alert_metadata ->> 'actor' = ANY ($6::text[])))
	RETURNING 1
)
SELECT (SELECT count(*) FROM raised WHERE fresh), (SELECT count(*) FROM ended)

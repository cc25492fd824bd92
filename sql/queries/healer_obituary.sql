-- Writes an obituary once, however often it is told, and alerts where an actor stays down. $1 organisation, $2 the obituary.
WITH told AS (
	SELECT o.*, to_timestamp(o.died_us / 1000000.0) AS died, $2::jsonb AS whole
	FROM jsonb_to_record($2::jsonb) AS o(actor text, pid bigint, died_us bigint, kind text, entity text, id text, words text)
), written AS (
	INSERT INTO tds_audit_trail (organization_id, entity_type, entity_id, operation, changed_by, changed_at, context)
	SELECT $1, (SELECT e FROM unnest(enum_range(NULL::tds_entity_type)) e WHERE e::text = told.entity), nullif(told.id, ''),
		'actor death', 'supervisor', told.died, told.whole
	FROM told
	WHERE NOT EXISTS (SELECT FROM tds_audit_trail a WHERE a.organization_id = $1 AND a.operation = 'actor death'
		AND a.changed_at BETWEEN told.died - interval '5 seconds' AND told.died + interval '5 seconds'
		AND a.context ->> 'actor' = told.actor AND (a.context ->> 'pid')::bigint = told.pid
		AND (a.context ->> 'kind' = 'cooldown') = (told.kind = 'cooldown'))
	RETURNING 1
), alert AS (
	INSERT INTO tds_alerts AS a (organization_id, alert_type, alert_key, severity, title, message, alert_metadata)
	SELECT $1, 'actor_down', 'actor-down:' || actor, (CASE WHEN kind = 'cooldown' THEN 'error' ELSE 'critical' END)::tds_alert_severity,
		actor || CASE WHEN kind = 'cooldown' THEN ' crashes again and again' ELSE ' is not started again' END,
		coalesce(nullif(words, ''), 'tdsctl status shows its last obituary'), whole
	FROM told WHERE kind IN ('cooldown', 'escalation', 'permanent') AND EXISTS (SELECT FROM written)
	ON CONFLICT (organization_id, alert_key) WHERE is_active AND alert_key IS NOT NULL DO UPDATE
	SET occurrences = a.occurrences + 1, last_triggered_at = now(), message = excluded.message, severity = excluded.severity,
		title = excluded.title, alert_metadata = excluded.alert_metadata
)
SELECT count(*) FROM written

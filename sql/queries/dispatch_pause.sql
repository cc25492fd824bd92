-- Remembers whether an entity is paused, says so in an alert, and who did it. A resumed one isn't parked either, unless its handler
-- says that it doesn't fit its table, which the handler alone takes back. $1 organisation, $2 entity, $3 'true' or 'false', $4 by whom,
-- $5 correlation or NULL.
WITH remembered AS (
	INSERT INTO tds_configuration (organization_id, config_key, config_value, value_type, category)
	VALUES ($1, 'paused:' || $2, $3::jsonb, 'bool', 'pause')
	ON CONFLICT (organization_id, config_key) DO UPDATE SET config_value = excluded.config_value, updated_at = now()
), raised AS (
	INSERT INTO tds_alerts AS a (organization_id, alert_type, alert_key, severity, title, message, entity_type)
	SELECT $1, 'entity_paused', 'entity-paused:' || $2, 'warning', $2 || ' is paused',
		'Its events are accepted and wait, its syncs don''t run. tdsctl resume ' || $2 || ' goes on.', $2::tds_entity_type
	WHERE $3::boolean
	ON CONFLICT (organization_id, alert_key) WHERE is_active AND alert_key IS NOT NULL DO UPDATE SET last_triggered_at = now()
), ended AS (
	UPDATE tds_alerts SET is_active = false, resolved = true, resolved_at = now(), resolved_by = $4, resolution_notes = 'resumed'
	WHERE organization_id = $1 AND is_active AND NOT $3::boolean AND alert_key IN ('entity-paused:' || $2, 'entity-parked:' || $2)
		AND alert_metadata ->> 'misfit' IS DISTINCT FROM 'true'
)
INSERT INTO tds_audit_trail (organization_id, entity_type, operation, changed_by, correlation_id, context)
VALUES ($1, $2::tds_entity_type, CASE WHEN $3::boolean THEN 'pause' ELSE 'resume' END, $4, $5, '{}')

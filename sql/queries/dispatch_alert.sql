-- One active alert per key; a repetition is counted. $1 organisation, $2 type, $3 key, $4 severity, $5 title, $6 message,
-- $7 entity or NULL.
INSERT INTO tds_alerts (organization_id, alert_type, alert_key, severity, title, message, entity_type)
VALUES ($1, $2, $3, $4::tds_alert_severity, $5, $6, $7::tds_entity_type)
ON CONFLICT (organization_id, alert_key) WHERE is_active AND alert_key IS NOT NULL DO UPDATE
SET occurrences = tds_alerts.occurrences + 1, last_triggered_at = now(), message = excluded.message

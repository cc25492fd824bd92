-- An entity doesn't fit its tables: one alert, whose words are the newest. $1 organisation, $2 entity, $3 title, $4 what is wrong.
INSERT INTO tds_alerts AS a (organization_id, alert_type, alert_key, severity, title, message, entity_type, alert_metadata)
VALUES ($1, 'entity_parked', 'entity-parked:' || $2, 'error', $3, $4, $2::tds_entity_type, '{"misfit": true}')
ON CONFLICT (organization_id, alert_key) WHERE is_active AND alert_key IS NOT NULL DO UPDATE
SET occurrences = a.occurrences + 1, last_triggered_at = now(), title = excluded.title, message = excluded.message, alert_metadata = excluded.alert_metadata

-- The cause of an alert is gone. $1 organisation, $2 key.
UPDATE tds_alerts SET is_active = false, resolved = true, resolved_at = now(), resolved_by = 'zoho-io', resolution_notes = 'the cause is gone'
WHERE organization_id = $1 AND alert_key = $2 AND is_active

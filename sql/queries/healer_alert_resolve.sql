-- Ends an alert by hand; while its cause stays it comes back. $1 organisation, $2 alert, $3 by whom, $4 correlation. Answers whether it
-- is there.
WITH ended AS (
	UPDATE tds_alerts SET is_active = false, resolved = true, resolved_at = coalesce(resolved_at, now()), resolved_by = coalesce(resolved_by, $3)
	WHERE organization_id = $1 AND id = $2::uuid
	RETURNING id, alert_type, entity_type, title
), audit AS (
	INSERT INTO tds_audit_trail (organization_id, entity_type, operation, changed_by, correlation_id, context)
	SELECT $1, entity_type, 'alert resolve', $3, $4, jsonb_build_object('alert', id, 'alert_type', alert_type, 'title', title) FROM ended
)
SELECT count(*) FROM ended

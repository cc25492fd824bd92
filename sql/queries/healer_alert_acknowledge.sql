-- Somebody has seen an alert; the first one stands. $1 organisation, $2 alert, $3 by whom, $4 correlation. Answers whether it is there.
WITH seen AS (
	UPDATE tds_alerts SET acknowledged = true, acknowledged_at = coalesce(acknowledged_at, now()), acknowledged_by = coalesce(acknowledged_by, $3)
	WHERE organization_id = $1 AND id = $2::uuid
	RETURNING id, alert_type, entity_type, title
), audit AS (
	INSERT INTO tds_audit_trail (organization_id, entity_type, operation, changed_by, correlation_id, context)
	SELECT $1, entity_type, 'alert acknowledge', $3, $4, jsonb_build_object('alert', id, 'alert_type', alert_type, 'title', title) FROM seen
)
SELECT count(*) FROM seen

-- Alerts, newest first. $1 organisation, $2 severity or NULL, $3 is_active or NULL, $4 include_resolved, $5 limit, $6 offset. Answers the
-- page and the total.
WITH a AS (
	SELECT * FROM tds_alerts WHERE organization_id = $1 AND ($2::text IS NULL OR severity::text = $2::text)
		AND ($3::boolean IS NULL OR is_active = $3::boolean) AND ($4::boolean OR NOT resolved)
), page AS (
	SELECT * FROM a ORDER BY triggered_at DESC, id LIMIT $5::int OFFSET $6::int
)
SELECT coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'alert_type', alert_type, 'severity', severity, 'title', title,
		'message', message, 'entity_type', entity_type, 'triggered_at', tds_time_json(triggered_at),
		'last_triggered_at', tds_time_json(last_triggered_at), 'occurrences', occurrences, 'affected_count', affected_count,
		'is_active', is_active, 'acknowledged', acknowledged, 'acknowledged_at', tds_time_json(acknowledged_at),
		'acknowledged_by', acknowledged_by, 'resolved', resolved, 'resolved_at', tds_time_json(resolved_at), 'resolved_by', resolved_by)
		ORDER BY triggered_at DESC, id) FROM page), '[]')::text, (SELECT count(*) FROM a)

-- Per entity: last sync, totals, what waits, what failed, details still to be fetched. $1 organisation, $2 entities, $3 when all
-- details are expected to be there or NULL.
SELECT coalesce(jsonb_agg(jsonb_build_object('entity_type', e.name, 'last_sync', tds_time_json(c.last_sync_at),
	'total_synced', coalesce(s.n, 0), 'pending', coalesce(q.waiting, 0), 'failed_last_24h', coalesce(d.n, 0),
	'detail_backlog', coalesce(w.n, 0), 'detail_expected_finish', CASE WHEN w.n > 0 THEN $3::text END,
	'success_rate', CASE WHEN coalesce(l.done, 0) + coalesce(d.n, 0) = 0 THEN 1
		ELSE round(coalesce(l.done, 0)::numeric / (coalesce(l.done, 0) + coalesce(d.n, 0)), 4) END) ORDER BY e.name), '[]')::text
FROM (SELECT unnest($2::tds_entity_type[]) AS name) e
LEFT JOIN tds_sync_cursors c ON c.organization_id = $1 AND c.source_type = 'zoho' AND c.entity_type = e.name
LEFT JOIN (SELECT entity_type, count(*) AS n FROM tds_entity_state WHERE organization_id = $1 AND deleted_at IS NULL GROUP BY 1) s ON s.entity_type = e.name
LEFT JOIN (SELECT entity_type, count(*) AS waiting FROM tds_sync_queue WHERE organization_id = $1
	AND status IN ('pending', 'processing', 'retry', 'failed') GROUP BY 1) q ON q.entity_type = e.name
LEFT JOIN (SELECT entity_type, count(*) AS n FROM tds_entity_state WHERE organization_id = $1 AND detail_wanted AND deleted_at IS NULL
	GROUP BY 1) w ON w.entity_type = e.name
LEFT JOIN (SELECT entity_type, count(*) AS n FROM tds_dead_letter_queue WHERE organization_id = $1
	AND created_at > now() - interval '24 hours' GROUP BY 1) d ON d.entity_type = e.name
LEFT JOIN (SELECT entity_type, sum(n) AS done FROM (
		SELECT entity_type, count(*) AS n FROM tds_sync_queue WHERE organization_id = $1 AND status = 'completed'
			AND created_at > now() - interval '24 hours' GROUP BY 1
		UNION ALL SELECT entity_type, sum(processed_events) FROM tds_sync_runs WHERE organization_id = $1
			AND created_at > now() - interval '24 hours' AND entity_type IS NOT NULL GROUP BY 1) x GROUP BY 1) l ON l.entity_type = e.name

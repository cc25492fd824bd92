-- For /metrics: per entity the age of its certificate in seconds (NULL: none yet) and what that scan found. $1 organisation,
-- $2 entities text[].
SELECT e.name, extract(epoch FROM now() - r.started_at)::bigint, coalesce(r.differing_count, 0), coalesce(r.missing_count, 0)
FROM (SELECT unnest($2::tds_entity_type[]) AS name) e
LEFT JOIN LATERAL (SELECT started_at, missing_count, differing_count FROM tds_sync_runs r
	WHERE r.organization_id = $1 AND r.entity_type = e.name AND r.verify AND r.scan_complete AND r.status = 'completed' AND r.failed_events = 0
	ORDER BY r.started_at DESC LIMIT 1) r ON true
ORDER BY 1

-- The entity whose certificate will be too old next: it is compared as a whole. Without one, the age of the installation counts; one
-- that was tried of late waits; one that was read as a whole, and of which records failed, as long as one that is complete. $1 organisation, $2 age at which a scan is due (ms), $3 entities text[], $4 wait after a try (ms).
-- Answers entity, pages to expect.
SELECT e.name, coalesce((SELECT max(last_page) FROM tds_sync_runs r WHERE r.organization_id = $1 AND r.entity_type = e.name
	AND r.created_at > now() - interval '7 days'), 1)
FROM (SELECT unnest($3::tds_entity_type[]) AS name) e
LEFT JOIN LATERAL (SELECT max(started_at) AS at FROM tds_sync_runs r WHERE r.organization_id = $1 AND r.entity_type = e.name
	AND r.verify AND r.scan_complete AND r.status = 'completed' AND r.failed_events = 0) complete ON true
WHERE coalesce(complete.at, (SELECT min(applied_at) FROM tds_schema_version)) < now() - $2::bigint * interval '1 millisecond'
	AND NOT EXISTS (SELECT FROM tds_sync_runs r WHERE r.organization_id = $1 AND r.entity_type = e.name AND (r.status = 'running'
		OR (r.verify AND NOT r.dry_run AND r.created_at > now() - CASE WHEN r.scan_complete THEN $2::bigint ELSE $4::bigint END * interval '1 millisecond')))
ORDER BY complete.at NULLS FIRST, e.name LIMIT 1

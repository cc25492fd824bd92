-- The queue by entity and status; finished rows of the last 24 hours only. $1 organisation.
SELECT jsonb_build_object('queue', coalesce(jsonb_object_agg(entity_type, counts), '{}'))::text FROM (
	SELECT entity_type, jsonb_object_agg(status, n) AS counts FROM (
		SELECT entity_type, status, count(*) AS n FROM tds_sync_queue WHERE organization_id = $1
			AND (created_at > now() - interval '24 hours' OR status IN ('pending', 'processing', 'retry', 'failed', 'dead_letter'))
		GROUP BY 1, 2) x GROUP BY 1) y

-- Attempts that failed: those that are due again, by seq, and the next that will be. $1 organisation, $2 seq to go on from, $3 rows at
-- most. The last column says in how many µs; 0: it is due. (|| and + 0: found by when they are due, never by reading all that waits or the whole queue by seq.)
WITH due AS (
	SELECT seq FROM tds_sync_queue
	WHERE organization_id || '' = $1 AND status = 'retry' AND next_retry_at <= now() AND seq + 0 > $2::bigint ORDER BY seq + 0 LIMIT $3::int
), next AS (
	SELECT seq FROM tds_sync_queue
	WHERE organization_id || '' = $1 AND status = 'retry' AND next_retry_at > now() ORDER BY next_retry_at LIMIT 1
)
SELECT seq, entity_type, source_entity_id, is_full, is_thin, coalesce((extract(epoch FROM last_modified) * 1000000)::bigint, 0),
	attempt_count, operation_type = 'delete', sync_run_id IS NOT NULL AND is_thin,
	greatest((extract(epoch FROM next_retry_at - now()) * 1000000)::bigint, 0)
FROM tds_sync_queue WHERE seq = ANY (ARRAY(SELECT seq FROM due UNION ALL SELECT seq FROM next)) AND status::text = 'retry' ORDER BY seq

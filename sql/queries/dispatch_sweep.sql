-- Due work that no hint told of. $1 organisation, $2 seq to go on from, $3 rows at most.
SELECT seq, entity_type, source_entity_id, is_full, is_thin, coalesce((extract(epoch FROM last_modified) * 1000000)::bigint, 0),
	attempt_count, operation_type = 'delete', sync_run_id IS NOT NULL AND is_thin
FROM tds_sync_queue
WHERE organization_id = $1 AND seq > $2::bigint AND status IN ('pending', 'processing', 'retry', 'failed')
	AND (status IN ('pending', 'failed') OR (status = 'retry' AND next_retry_at <= now())
		OR (status = 'processing' AND coalesce(lock_expires_at, '-infinity') < now()))
ORDER BY seq LIMIT $3::int

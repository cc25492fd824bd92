-- Zoho says 404 to a record of which a delete event waits: the delete is newer than all that was seen. $1 organisation, $2 seq.
UPDATE tds_sync_queue q SET status = 'pending', is_thin = false, observed_at = greatest(clock_timestamp(), (
	SELECT s.observed_at + interval '1 microsecond' FROM tds_entity_state s WHERE s.organization_id = q.organization_id
		AND s.entity_type = q.entity_type AND s.source_entity_id = q.source_entity_id))
WHERE q.organization_id = $1 AND q.seq = $2::bigint AND q.status IN ('pending', 'processing', 'retry', 'failed')

-- An event asked for a contact that Zoho says is of the other type: that is fetched by an event of its own, in the same transaction. As
-- what it was the contact is gone: where it is known as that, the event becomes its delete; else it is done. $1 organisation, $2 seq,
-- $3 the other entity.
WITH event AS (
	SELECT q.seq, q.entity_type, q.source_entity_id, s.observed_at AS known FROM tds_sync_queue q
	LEFT JOIN tds_entity_state s ON s.organization_id = q.organization_id AND s.entity_type = q.entity_type
		AND s.source_entity_id = q.source_entity_id AND s.deleted_at IS NULL
	WHERE q.organization_id = $1 AND q.seq = $2::bigint
), settled AS (
	UPDATE tds_sync_queue q SET is_thin = false,
		operation_type = CASE WHEN e.known IS NULL THEN q.operation_type ELSE 'delete' END,
		validated_payload = CASE WHEN e.known IS NULL THEN q.validated_payload ELSE '{}' END,
		observed_at = greatest(clock_timestamp(), e.known + interval '1 microsecond'),
		status = (CASE WHEN e.known IS NULL THEN 'completed' ELSE 'pending' END)::tds_event_status,
		completed_at = CASE WHEN e.known IS NULL THEN now() END,
		processing_result = CASE WHEN e.known IS NULL THEN jsonb_build_object('outcome', 'superseded', 'fetched', true, 'as', $3::text) END
	FROM event e WHERE q.seq = e.seq AND q.status IN ('pending', 'processing', 'retry', 'failed')
	RETURNING q.*
)
INSERT INTO tds_sync_queue (inbox_event_id, organization_id, entity_type, source_entity_id, operation_type, is_thin, priority, correlation_id)
SELECT inbox_event_id, organization_id, $3::tds_entity_type, source_entity_id, 'upsert', true, priority, correlation_id FROM settled

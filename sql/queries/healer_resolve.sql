-- Closes a dead letter by hand; its event stays given up. $1 organisation, $2 letter, $3 notes or NULL, $4 by whom, $5 correlation.
WITH closed AS (
	UPDATE tds_dead_letter_queue SET resolved = true, resolved_at = now(), resolved_by = $4, resolution_notes = $3
	WHERE organization_id = $1 AND id = $2::uuid AND NOT resolved
	RETURNING id, entity_type, source_entity_id, sync_queue_id, failure_reason
), audit AS (
	INSERT INTO tds_audit_trail (organization_id, entity_type, entity_id, operation, changed_by, sync_queue_id, correlation_id, context)
	SELECT $1, entity_type, source_entity_id, 'dead-letter resolve', $4, sync_queue_id, $5,
		jsonb_build_object('dead_letter', id, 'failure_reason', failure_reason, 'notes', $3::text)
	FROM closed
)
SELECT count(*), min(id::text) FROM closed

-- A contact is one in Zoho and may stand in two tables here. One that was written as a customer and is known as a vendor (or the other
-- way about) has changed its type: it is asked for as that, once, which shows that it is none any more. And a delete event of one that
-- wasn't known (its state is fresh) didn't say what it was: it means the other. $1 organisation, $2 the other entity, $3 seqs bigint[] or NULL, $4 ids text[] or NULL.
WITH written AS (
	SELECT source_entity_id AS id, operation_type = 'delete' AS deleted, inbox_event_id FROM tds_sync_queue q
	WHERE organization_id = $1 AND seq = ANY ($3::bigint[]) AND (operation_type <> 'delete' OR EXISTS (SELECT FROM tds_entity_state o
		WHERE o.organization_id = $1 AND o.entity_type = q.entity_type AND o.source_entity_id = q.source_entity_id AND o.apply_token = 1))
	UNION ALL SELECT unnest($4::text[]), false, NULL
)
INSERT INTO tds_sync_queue (inbox_event_id, organization_id, entity_type, source_entity_id, operation_type, is_thin, validated_payload)
SELECT DISTINCT ON (w.id) w.inbox_event_id, $1, $2::tds_entity_type, w.id, (CASE WHEN w.deleted THEN 'delete' ELSE 'upsert' END)::tds_operation_type,
	NOT w.deleted, CASE WHEN w.deleted THEN '{}'::jsonb END
FROM written w CROSS JOIN LATERAL (
	SELECT FROM tds_entity_state s WHERE s.organization_id = $1 AND s.entity_type = $2::tds_entity_type AND s.source_entity_id = w.id
		AND s.deleted_at IS NULL OFFSET 0) known
WHERE NOT EXISTS (SELECT FROM tds_sync_queue q WHERE q.organization_id = $1 AND q.entity_type = $2::tds_entity_type AND q.source_entity_id = w.id
	AND q.status IN ('pending', 'processing', 'retry', 'failed'))

-- Keys that were there already: a duplicate where the record's newest event has that key, numbered or not; it is counted.
-- Else (A, B, A again; or a late retry) nothing is counted, and the next free number of the key is given. One that only asks to look
-- at a record ($7), and that nothing says to be the same delivery, repeats no other: the record may have changed since that was done.
-- Nor does one without a version, where a page or a fetch has written the record since: B came without an event.
WITH asked AS (
	SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bool[])
		AS a(n, key, organization, entity, record_id, times, looks)
), newest AS (
	SELECT asked.*, e.id, NOT looks AND starts_with(e.idempotency_key, key) AND NOT (q.last_modified IS NULL AND EXISTS (
			SELECT FROM tds_sync_logs l WHERE l.organization_id = organization AND l.entity_type = entity::tds_entity_type
				AND l.source_entity_id = record_id AND l."timestamp" > e.received_at AND l.sync_queue_id IS NULL
				AND l.operation_status = 'completed' AND l.outcome IS NULL)) AS repeats
	FROM asked LEFT JOIN LATERAL (
		SELECT id, idempotency_key, received_at FROM tds_inbox_events
		WHERE organization_id = organization AND entity_type = entity::tds_entity_type AND source_entity_id = record_id
		ORDER BY received_at DESC LIMIT 1) e ON true
	LEFT JOIN tds_sync_queue q ON q.inbox_event_id = e.id
), counted AS (
	UPDATE tds_inbox_events e SET duplicate_count = e.duplicate_count + newest.times, last_duplicate_at = now()
	FROM newest WHERE e.id = newest.id AND repeats
)
SELECT n, CASE WHEN repeats THEN id END AS first, (
	SELECT coalesce(max(substr(idempotency_key, length(key) + 2)::int), 1) + 1 FROM tds_inbox_events
	WHERE organization_id = organization AND entity_type = entity::tds_entity_type AND source_entity_id = record_id
		AND starts_with(idempotency_key, key || ':')) AS number
FROM newest

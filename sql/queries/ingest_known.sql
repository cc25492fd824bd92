-- Keys that were there already: a duplicate where the record's newest event has that key, numbered or not; it is counted.
-- Else (A, B, A again; or a late retry) nothing is counted, and the next free number of the key is given. One that only asks to look
-- at a record ($7), and that nothing says to be the same delivery, repeats no other: the record may have changed since that was done.
WITH asked AS (
	SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bool[])
		AS a(n, key, organization, entity, record_id, times, looks)
), newest AS (
	SELECT asked.*, e.id, e.idempotency_key
	FROM asked LEFT JOIN LATERAL (
		SELECT id, idempotency_key FROM tds_inbox_events
		WHERE organization_id = organization AND entity_type = entity::tds_entity_type AND source_entity_id = record_id
		ORDER BY received_at DESC LIMIT 1) e ON true
), counted AS (
	UPDATE tds_inbox_events e SET duplicate_count = e.duplicate_count + newest.times, last_duplicate_at = now()
	FROM newest WHERE e.id = newest.id AND NOT looks AND starts_with(newest.idempotency_key, newest.key)
)
SELECT n, CASE WHEN NOT looks AND starts_with(idempotency_key, key) THEN id END AS first, (
	SELECT coalesce(max(substr(idempotency_key, length(key) + 2)::int), 1) + 1 FROM tds_inbox_events
	WHERE organization_id = organization AND entity_type = entity::tds_entity_type AND source_entity_id = record_id
		AND starts_with(idempotency_key, key || ':')) AS number
FROM newest

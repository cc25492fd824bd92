-- The payload of a queue row that PostgreSQL refused, to name the field. $1 organisation, $2 seq.
SELECT coalesce(q.validated_payload, i.raw_payload)::text
FROM tds_sync_queue q LEFT JOIN tds_inbox_events i ON i.id = q.inbox_event_id
WHERE q.organization_id = $1 AND q.seq = $2::bigint

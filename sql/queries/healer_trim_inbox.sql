-- Webhooks past their time, but none that an unfinished event still reads. $1 organisation, $2 retention in ms, $3 rows at most.
WITH gone AS (
	DELETE FROM tds_inbox_events WHERE id IN (
		SELECT i.id FROM tds_inbox_events i
		WHERE i.organization_id = $1 AND i.received_at < now() - $2::bigint * interval '1 millisecond'
			AND NOT EXISTS (SELECT FROM tds_sync_queue q WHERE q.inbox_event_id = i.id AND q.status <> 'completed')
		ORDER BY i.received_at LIMIT $3::int FOR UPDATE SKIP LOCKED)
	RETURNING 1
)
SELECT count(*) FROM gone

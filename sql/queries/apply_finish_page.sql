-- The ledger: a page is applied once. A page already there is a unique violation, a fence that is no longer the run's a NULL
-- in run_id: either undoes the whole transaction. Open dead letters of what is right now are dealt with; a list's row says nothing of what
-- a detail was refused for. $1 organisation, $2 run, $3 page, $4 fence, $5 ids text[],
-- $6..$10 created updated unchanged stale failed, $11 sent (Unix µs), $12 skipped, $13 of which the stock
-- changed text[], $14 which failed text[] (NULL: nothing was written), $15 entity, $16 whether they are details.
WITH mended AS (
	UPDATE tds_dead_letter_queue d SET resolved = true, resolved_at = now(), resolved_by = 'handler',
		resolution_notes = 'the record came again, and could be written'
	WHERE EXISTS (SELECT FROM tds_dead_letter_queue o WHERE o.organization_id = $1 AND o.entity_type = $15::tds_entity_type AND NOT o.resolved
			AND o.sync_queue_id IS NULL)
		AND d.organization_id = $1 AND d.entity_type = $15::tds_entity_type AND d.source_entity_id = ANY ($5::text[])
		AND d.source_entity_id <> ALL ($14::text[]) AND NOT d.resolved AND d.sync_queue_id IS NULL AND (d.page IS NOT NULL OR $16::boolean)
)
INSERT INTO tds_run_pages (organization_id, run_id, page, entity_type, state, fence, ids, rows, created, updated, unchanged,
	stale, failed, sent_at, applied_at, skipped, stock_ids, stock_updated)
SELECT $1, r.id, $3::int, r.entity_type, 'applied', r.fence, $5::text[], cardinality($5::text[]), $6::int, $7::int, $8::int,
	$9::int, $10::int, 'epoch'::timestamptz + $11::bigint * interval '1 microsecond', now(), $12::int, $13::text[], cardinality($13::text[])
FROM (VALUES (true)) one LEFT JOIN tds_sync_runs r
	ON r.id = $2::uuid AND r.fence = $4::bigint AND r.organization_id = $1 AND r.status = 'running'

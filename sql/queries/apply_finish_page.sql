-- The ledger: a page is applied once. A page already there is a unique violation, a fence that is no longer the run's a NULL
-- in run_id: either undoes the whole transaction. $1 organisation, $2 run, $3 page, $4 fence, $5 ids text[],
-- $6..$10 created updated unchanged stale failed, $11 sent (Unix µs), $12 skipped, $13 of which the stock
-- changed text[].
INSERT INTO tds_run_pages (organization_id, run_id, page, entity_type, state, fence, ids, rows, created, updated, unchanged,
	stale, failed, sent_at, applied_at, skipped, stock_ids, stock_updated)
SELECT $1, r.id, $3::int, r.entity_type, 'applied', r.fence, $5::text[], cardinality($5::text[]), $6::int, $7::int, $8::int,
	$9::int, $10::int, 'epoch'::timestamptz + $11::bigint * interval '1 microsecond', now(), $12::int, $13::text[], cardinality($13::text[])
FROM (VALUES (true)) one LEFT JOIN tds_sync_runs r
	ON r.id = $2::uuid AND r.fence = $4::bigint AND r.organization_id = $1 AND r.status = 'running'

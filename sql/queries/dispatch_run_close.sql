-- Closes a run in one transaction: counters are sums over its pages, the cursor moves once. $1 organisation, $2 run, $3 fence,
-- $4 status, $5 error or NULL, $6 last page or 0, $7 api calls, $8 the earliest Date of Zoho's replies (Unix µs, 0 unknown), $9 overlap in s,
-- $10 the scan was complete, $11 of a run that was taken over: how far Zoho's clock is ahead of ours (µs), else NULL. Answers the counters.
-- A run of runs counts what its parts did; of items-with-stock a product counts once, though it is read from the list and with its stock.
-- The cursor goes to the run's start by Zoho's clock, less the overlap. Of a run that was taken over that start is known from
-- its ledger only: when its first page was sent for, by our clock. It moves only over what was read: a whole list, or one
-- from the cursor (or before it) on; modified_since of later than the cursor leaves a gap that the next incremental run must read.
WITH parts AS (
	SELECT $2::uuid AS id, true AS counts UNION ALL
	SELECT id, run_type NOT IN ('stock', 'images') FROM tds_sync_runs WHERE parent_run_id = $2::uuid
), pages AS (
	SELECT p.*, parts.counts FROM parts JOIN tds_run_pages p ON p.run_id = parts.id
), counts AS (
	SELECT coalesce(sum(rows), 0) AS rows, coalesce(sum(created), 0) AS created, coalesce(sum(updated), 0) AS updated,
		coalesce(sum(unchanged), 0) AS unchanged, coalesce(sum(stale), 0) AS stale, coalesce(sum(failed), 0) AS failed,
		coalesce(sum(skipped), 0) AS skipped,
		(SELECT count(DISTINCT s.id) FROM pages g CROSS JOIN LATERAL unnest(g.stock_ids) s(id)) AS stock
	FROM pages WHERE counts
), found AS (
	SELECT count(*) FILTER (WHERE d.kind = 'missing_there') AS missing, count(*) FILTER (WHERE d.kind = 'differs') AS differing,
		count(*) FILTER (WHERE d.kind = 'missing_there' AND (d.action = 'none' OR EXISTS (SELECT FROM tds_sync_queue q
			WHERE q.sync_run_id = d.run_id AND q.source_entity_id = d.source_entity_id AND q.status = 'completed'
				AND q.processing_result ->> 'outcome' = 'applied' AND NOT coalesce((q.processing_result ->> 'fetched')::boolean, false)))) AS deleted
	FROM parts JOIN tds_differences d ON d.run_id = parts.id
), closed AS (
	UPDATE tds_sync_runs r SET status = $4, completed_at = now(), duration_seconds = extract(epoch FROM now() - r.started_at),
		total_events = s.rows, processed_events = s.rows - s.failed - s.skipped, failed_events = s.failed,
		skipped_events = s.stale + s.skipped,
		created_count = s.created, updated_count = s.updated, unchanged_count = s.unchanged, stale_count = s.stale,
		stock_updated_count = s.stock, missing_count = f.missing, differing_count = f.differing, deleted_count = f.deleted,
		api_calls = $7::int, last_page = nullif($6::int, 0), scan_complete = $10::boolean,
		zoho_date = CASE WHEN $8::bigint > 0 THEN least('epoch'::timestamptz + $8::bigint * interval '1 microsecond',
			(SELECT min(sent_at) + $11::bigint * interval '1 microsecond' FROM tds_run_pages WHERE run_id = $2::uuid)) END,
		error_summary = CASE WHEN $5::text IS NOT NULL THEN jsonb_build_object('error', $5::text) END
	FROM counts s, found f WHERE r.organization_id = $1 AND r.id = $2::uuid AND r.fence = $3::bigint AND r.status = 'running'
	RETURNING r.*
), reached AS (
	SELECT *, CASE WHEN status = 'completed' AND filter IS NULL AND last_page IS NOT NULL
			AND coalesce(configuration_snapshot->>'with_stock_only', 'false') <> 'true'
		THEN to_char(zoho_date - $9::int * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"') END AS upto
	FROM closed WHERE entity_type IS NOT NULL AND NOT dry_run AND run_type NOT IN ('stock', 'stock-specific')
), moved AS (
	INSERT INTO tds_sync_cursors AS c (organization_id, source_type, entity_type, last_sync_at, cursor_value, total_synced,
		last_sync_count, last_sync_status, sync_metadata)
	SELECT organization_id, 'zoho', entity_type, now(), CASE WHEN since IS NULL THEN upto END,
		processed_events, processed_events, status, jsonb_build_object('run_id', id, 'pages', last_page, 'rows', total_events, 'at', now())
	FROM reached
	ON CONFLICT (organization_id, source_type, entity_type) DO UPDATE SET last_sync_status = excluded.last_sync_status, updated_at = now(),
		last_sync_at = CASE WHEN excluded.last_sync_status = 'completed' THEN excluded.last_sync_at ELSE c.last_sync_at END,
		cursor_value = coalesce((SELECT upto FROM reached WHERE CASE WHEN since IS NULL THEN true ELSE since <= c.cursor_value::timestamptz END), c.cursor_value),
		total_synced = c.total_synced + excluded.last_sync_count, last_sync_count = excluded.last_sync_count,
		sync_metadata = excluded.sync_metadata
)
SELECT total_events, processed_events, failed_events, skipped_events, created_count, updated_count, unchanged_count, duration_seconds,
	missing_count, deleted_count, differing_count, stock_updated_count FROM closed

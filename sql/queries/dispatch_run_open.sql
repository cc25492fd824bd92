-- Opens a run unless one of its kind is running for the entity (or, for sync-all, at all). $1 organisation, $2 id, $3 run_type, $4 entity or NULL, $5 fence,
-- $6 per_page, $7 filter, $8 correlation, $9 requested by, $10 parent or NULL, $11 dry_run, $12 since (text or NULL),
-- $13 incremental, $14 verify, $15 deletes are confirmed by a person, $16 with_stock_only, $17 active_only, $18 sync_images. Answers: id of the
-- run that is running now, whether it is this one, pages expected, since (Unix µs), and of another one whether it does all that this one was asked to do.
WITH cursor AS (
	SELECT cursor_value::timestamptz AS since FROM tds_sync_cursors
	WHERE organization_id = $1 AND source_type = 'zoho' AND entity_type = $4::tds_entity_type AND $13::boolean
), opened AS (
	INSERT INTO tds_sync_runs (organization_id, id, run_type, entity_type, status, fence, per_page, filter, correlation_id, requested_by,
		parent_run_id, dry_run, verify, confirm_deletes, since, started_at, worker_id, configuration_snapshot, pages_expected)
	SELECT $1, $2::uuid, $3, $4::tds_entity_type, 'running', $5::bigint, $6::int, $7, $8, $9, $10::uuid, $11::boolean, $14::boolean, $15::boolean,
		coalesce($12::timestamptz, (SELECT since FROM cursor)), now(), 'dispatcher',
		jsonb_build_object('verify', $14::boolean, 'confirm_deletes', $15::boolean, 'per_page', $6::int, 'filter', $7::text, 'incremental', $13::boolean, 'dry_run', $11::boolean, 'modified_since', $12::text,
			'with_stock_only', $16::boolean, 'active_only', $17::boolean, 'sync_images', $18::boolean, 'full_pull', coalesce($12::timestamptz, (SELECT since FROM cursor)) IS NULL),
		(SELECT last_page FROM tds_sync_runs WHERE organization_id = $1 AND entity_type = $4::tds_entity_type AND run_type = $3 AND status = 'completed'
			AND per_page = $6::int AND filter IS NOT DISTINCT FROM $7 AND last_page IS NOT NULL AND since IS NULL
			ORDER BY created_at DESC LIMIT 1)
	ON CONFLICT DO NOTHING RETURNING id, pages_expected, since
)
SELECT id, true, coalesce(CASE WHEN since IS NULL THEN pages_expected END, 0), coalesce((extract(epoch FROM since) * 1000000)::bigint, 0), true FROM opened
UNION ALL
SELECT id, false, 0, 0, dry_run = $11::boolean AND (verify OR NOT $14::boolean) AND (confirm_deletes OR NOT $15::boolean)
	AND (coalesce(entity_type <> 'product', false) OR NOT coalesce((configuration_snapshot ->> 'active_only')::boolean, false) OR $17::boolean)
	AND (NOT coalesce((configuration_snapshot ->> 'with_stock_only')::boolean, false) OR $16::boolean)
	AND (run_type <> 'sync-all' OR coalesce((configuration_snapshot ->> 'sync_images')::boolean, false) OR NOT $18::boolean)
	AND CASE WHEN since IS NOT NULL THEN coalesce(since <= coalesce($12::timestamptz, (SELECT c.since FROM cursor c)), false)
		WHEN entity_type IS NULL AND coalesce((configuration_snapshot ->> 'incremental')::boolean, false) THEN $13::boolean AND $12::text IS NULL
		ELSE true END
FROM tds_sync_runs WHERE organization_id = $1 AND status = 'running'
	AND entity_type IS NOT DISTINCT FROM $4::tds_entity_type AND run_type = $3
	AND NOT EXISTS (SELECT FROM opened)
LIMIT 1

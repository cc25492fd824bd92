-- Runs that a former dispatcher left running: taken over under a new fence. $1 organisation, $2 fence. Answers id, run_type,
-- entity, per_page, filter, since, dry_run, parent, the first page that isn't applied, api_calls, verify,
-- with_stock_only, active_only, pages expected, of its parts: the kinds that there are, whether one failed; incremental,
-- modified_since, confirm_deletes, sync_images, who asked for it.
UPDATE tds_sync_runs r SET fence = $2::bigint, worker_id = 'dispatcher'
WHERE organization_id = $1 AND status = 'running'
RETURNING id, run_type, coalesce(entity_type::text, ''), coalesce(per_page, 200), coalesce(filter, ''),
	coalesce((extract(epoch FROM since) * 1000000)::bigint, 0), dry_run, coalesce(parent_run_id::text, ''),
	coalesce((SELECT min(n) FROM generate_series(1, (SELECT coalesce(max(p.page), 0) + 1 FROM tds_run_pages p WHERE p.run_id = r.id)) n
		WHERE NOT EXISTS (SELECT FROM tds_run_pages p WHERE p.run_id = r.id AND p.page = n)), 1),
	api_calls, verify, coalesce((configuration_snapshot->>'with_stock_only')::boolean, false),
	coalesce((configuration_snapshot->>'active_only')::boolean, false), coalesce(pages_expected, 0),
	coalesce((SELECT string_agg(c.run_type, ' ') FROM tds_sync_runs c WHERE c.parent_run_id = r.id), ''),
	EXISTS (SELECT FROM tds_sync_runs c WHERE c.parent_run_id = r.id AND c.status = 'failed'),
	coalesce((configuration_snapshot->>'incremental')::boolean, false), coalesce(configuration_snapshot->>'modified_since', ''),
	confirm_deletes, coalesce((configuration_snapshot->>'sync_images')::boolean, false), coalesce(requested_by, '')

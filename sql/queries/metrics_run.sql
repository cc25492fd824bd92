-- One run with its pages, its parts, and what it and they found different. $1 organisation, $2 id.
SELECT (tds_run_json(r) || jsonb_build_object('worker_id', r.worker_id, 'skipped_events', r.skipped_events,
	'verify', r.verify, 'dry_run', r.dry_run, 'missing', r.missing_count, 'deleted', r.deleted_count, 'differing', r.differing_count,
	'created', r.created_count, 'updated', r.updated_count, 'unchanged', r.unchanged_count, 'stock_updated', r.stock_updated_count, 'api_calls', r.api_calls,
	'parent_run_id', r.parent_run_id, 'correlation_id', r.correlation_id, 'scan_complete', r.scan_complete,
	'statistics', jsonb_build_object('total', r.total_events, 'processed', r.processed_events, 'failed', r.failed_events,
		'skipped', r.skipped_events, 'success_rate', CASE WHEN r.total_events = 0 THEN 1
			ELSE round(r.processed_events::numeric / r.total_events, 4) END),
	'timing', jsonb_build_object('started_at', tds_time_json(r.started_at), 'completed_at', tds_time_json(r.completed_at),
		'duration_seconds', r.duration_seconds),
	'queue_breakdown', '{}'::jsonb, 'configuration', coalesce(r.configuration_snapshot, '{}'),
	'configuration_snapshot', coalesce(r.configuration_snapshot, '{}'), 'error_summary', r.error_summary,
	'pages', coalesce((SELECT jsonb_agg(jsonb_build_object('page', p.page, 'state', p.state, 'rows', p.rows, 'created', p.created,
		'updated', p.updated, 'unchanged', p.unchanged, 'stale', p.stale, 'failed', p.failed, 'stock_updated', p.stock_updated, 'applied_at', tds_time_json(p.applied_at))
		ORDER BY p.page) FROM tds_run_pages p WHERE p.run_id = r.id), '[]'),
	'parts', coalesce((SELECT jsonb_agg(jsonb_build_object('run_id', c.id, 'run_type', c.run_type, 'status', c.status) ORDER BY c.created_at, c.run_type)
		FROM tds_sync_runs c WHERE c.parent_run_id = r.id), '[]'),
	'differences', coalesce((SELECT jsonb_agg(jsonb_build_object('entity_type', d.entity_type, 'entity_id', d.source_entity_id, 'kind', d.kind, 'fields', d.fields,
		'action', d.action) ORDER BY d.entity_type, d.kind, d.source_entity_id)
		FROM (SELECT * FROM tds_differences WHERE run_id = r.id OR run_id IN (SELECT c.id FROM tds_sync_runs c WHERE c.parent_run_id = r.id)
			ORDER BY entity_type, kind, source_entity_id LIMIT 1000) d), '[]')))::text
FROM tds_sync_runs r WHERE r.organization_id = $1 AND r.id::text = $2

-- Why a record looks so: its state, what wrote it and when (newest first), what waits, what was given up. $1 organisation, $2 entity,
-- $3 id. A page is found by the run that wrote the row and the ids that stood on it; finished queue rows, which no index finds by
-- record, by their webhooks and their log rows.
WITH state AS (
	SELECT * FROM tds_entity_state s WHERE s.organization_id = $1 AND s.entity_type = $2::tds_entity_type AND s.source_entity_id = $3
), log AS (
	SELECT l.*, q.inbox_event_id, q.is_full, q.last_modified AS event_modified, q.observed_at AS event_observed, i.received_at, i.event_type,
		(SELECT p.page FROM tds_run_pages p WHERE p.run_id = l.sync_run_id AND p.ids @> ARRAY[$3] ORDER BY p.page LIMIT 1) AS page,
		r.run_type, coalesce(l.outcome, CASE WHEN l.operation_status <> 'completed' THEN l.operation_status::text END, CASE l.operation_type WHEN 'create' THEN 'created' WHEN 'delete' THEN 'deleted' ELSE 'updated' END) AS what
	FROM tds_sync_logs l
	LEFT JOIN tds_sync_queue q ON q.id = l.sync_queue_id
	LEFT JOIN tds_inbox_events i ON i.id = q.inbox_event_id
	LEFT JOIN tds_sync_runs r ON r.id = l.sync_run_id
	WHERE l.organization_id = $1 AND l.entity_type = $2::tds_entity_type AND l.source_entity_id = $3
	ORDER BY l."timestamp" DESC LIMIT 100
), queue AS (
	SELECT q.* FROM tds_sync_queue q WHERE q.organization_id = $1 AND q.id IN (
		SELECT w.id FROM tds_inbox_events i JOIN tds_sync_queue w ON w.inbox_event_id = i.id
		WHERE i.organization_id = $1 AND i.entity_type = $2::tds_entity_type AND i.source_entity_id = $3
		UNION SELECT l.sync_queue_id FROM log l
		UNION SELECT w.id FROM tds_sync_queue w WHERE w.organization_id = $1 AND w.entity_type = $2::tds_entity_type AND w.source_entity_id = $3
			AND w.status IN ('pending', 'processing', 'retry', 'failed', 'dead_letter')
		UNION SELECT w.id FROM tds_differences d JOIN tds_sync_queue w ON w.sync_run_id = d.run_id AND w.source_entity_id = $3
		WHERE d.organization_id = $1 AND d.entity_type = $2::tds_entity_type AND d.source_entity_id = $3)
	ORDER BY q.seq DESC LIMIT 50
), told AS (
	SELECT l."timestamp" AS at, jsonb_strip_nulls(jsonb_build_object('at', tds_time_json(l."timestamp"), 'what', l.what, 'by', l.worker_id,
		'from', CASE WHEN l.sync_queue_id IS NOT NULL AND l.sync_run_id IS NULL THEN coalesce('webhook ' || l.event_type, 'webhook')
			WHEN l.sync_queue_id IS NOT NULL THEN 'what Zoho said (404, or another contact_type) of what a scan of ' || coalesce(l.run_type, 'it') || ' missed'
			WHEN l.sync_run_id IS NOT NULL THEN 'a page of a sync of ' || coalesce(l.run_type, 'it') ELSE 'detail fetched from Zoho' END,
		'event_id', l.inbox_event_id, 'queue_id', l.sync_queue_id, 'run_id', l.sync_run_id, 'page', coalesce((l.context_data ->> 'page')::int, l.page),
		'received_at', tds_time_json(l.received_at), 'version', coalesce(l.context_data -> 'version', to_jsonb(l.event_modified)),
		'kept_version', l.context_data -> 'kept_version', 'why', l.context_data ->> 'why', 'attempt', l.attempt_number,
		'error', l.error_message, 'changed', (SELECT jsonb_object_agg(k.key, jsonb_build_array(a.old_value -> k.key, k.value))
			FROM tds_audit_trail a CROSS JOIN jsonb_each(a.new_value) k WHERE a.organization_id = $1 AND a.entity_type = l.entity_type AND a.entity_id = $3
				AND a.sync_queue_id IS NOT DISTINCT FROM l.sync_queue_id AND a.sync_run_id IS NOT DISTINCT FROM l.sync_run_id
				AND abs(extract(epoch FROM a.changed_at - l."timestamp")) < 0.001))) AS entry, l.what
	FROM log l
)
SELECT jsonb_build_object('entity_type', $2::text, 'entity_id', $3::text,
	'state', (SELECT to_jsonb(s) - '{organization_id,entity_type,source_entity_id,list_hash,detail_hash,seen_hash,apply_token}'::text[] FROM state s),
	'written_by', (SELECT t.entry FROM told t WHERE t.what IN ('created', 'updated', 'deleted') ORDER BY t.at DESC LIMIT 1),
	'replaced', (SELECT t.entry FROM told t WHERE t.what IN ('created', 'updated', 'deleted') ORDER BY t.at DESC OFFSET 1 LIMIT 1),
	'ignored', coalesce((SELECT jsonb_agg(i.entry ORDER BY i.at DESC) FROM (
		SELECT t.at, t.entry FROM told t WHERE t.what = 'stale'
		UNION ALL SELECT q.completed_at, jsonb_strip_nulls(jsonb_build_object('at', tds_time_json(q.completed_at), 'what', 'superseded', 'event_id', q.inbox_event_id,
			'queue_id', q.id, 'version', q.last_modified, 'why', 'something newer of the record was applied first'))
		FROM queue q WHERE q.processing_result ->> 'outcome' = 'superseded') i), '[]'),
	'history', coalesce((SELECT jsonb_agg(t.entry ORDER BY t.at DESC) FROM told t), '[]'),
	'queue', coalesce((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('queue_id', q.id, 'event_id', q.inbox_event_id, 'operation', q.operation_type,
		'status', q.status, 'result', q.processing_result, 'version', q.last_modified, 'created_at', tds_time_json(q.created_at), 'attempts', q.attempt_count,
		'next_retry_at', tds_time_json(q.next_retry_at), 'error', q.error_message)) ORDER BY q.seq DESC)
		FROM queue q), '[]'),
	'dead_letters', coalesce((SELECT jsonb_agg(jsonb_build_object('id', d.id, 'reason', d.failure_reason, 'field', d.error_field, 'resolved', d.resolved,
		'created_at', tds_time_json(d.created_at)) ORDER BY d.created_at DESC)
		FROM tds_dead_letter_queue d WHERE d.organization_id = $1 AND d.entity_type = $2::tds_entity_type AND d.source_entity_id = $3), '[]'),
	'differences', coalesce((SELECT jsonb_agg(jsonb_build_object('run_id', d.run_id, 'kind', d.kind, 'fields', d.fields, 'action', tds_difference_outcome(d),
		'found_at', tds_time_json(d.found_at)) ORDER BY d.found_at DESC)
		FROM tds_differences d WHERE d.organization_id = $1 AND d.entity_type = $2::tds_entity_type AND d.source_entity_id = $3), '[]'))::text
WHERE EXISTS (SELECT FROM state) OR EXISTS (SELECT FROM log) OR EXISTS (SELECT FROM queue)

-- In the transaction that closes a run by the hundred: what didn't come, and why, goes to the run; its plan is done with.
-- $1 organisation, $2 run, $3 fence. Answers the errors as a JSON array, how many there are, and how many of them Zoho didn't give.
WITH closed AS (
	SELECT id FROM tds_sync_runs WHERE organization_id = $1 AND id = $2::uuid AND fence = $3::bigint AND status <> 'running'
), plan AS (
	DELETE FROM tds_run_plan p USING closed WHERE p.run_id = closed.id RETURNING p.page, p.ids, p.error
), missing AS (
	SELECT u.id AS item_id, coalesce(plan.error, 'Zoho has no such item, or doesn''t give it') AS error
	FROM plan LEFT JOIN tds_run_pages g ON g.run_id = $2::uuid AND g.page = plan.page CROSS JOIN LATERAL unnest(plan.ids) u(id)
	WHERE plan.error IS NOT NULL OR g.page IS NOT NULL AND u.id <> ALL (g.ids)
), refused AS (
	SELECT source_entity_id AS item_id, failure_reason AS error FROM tds_dead_letter_queue
	WHERE organization_id = $1 AND sync_run_id = $2::uuid AND NOT resolved
), errors AS (
	SELECT item_id, error, true AS missing FROM missing UNION ALL SELECT item_id, error, false FROM refused
), told AS (
	SELECT coalesce(jsonb_agg(jsonb_build_object('item_id', item_id, 'error', error) ORDER BY item_id), '[]') AS items
	FROM (SELECT * FROM errors ORDER BY item_id LIMIT 1000) e
), kept AS (
	UPDATE tds_sync_runs r SET error_summary = coalesce(r.error_summary, '{}') || jsonb_build_object('items', t.items)
	FROM told t, closed WHERE r.id = closed.id AND t.items <> '[]'
)
SELECT t.items::text, (SELECT count(*) FROM errors), (SELECT count(*) FROM errors WHERE missing) FROM told t

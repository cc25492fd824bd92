-- Of a complete scan whose pages are all applied: records that are known here, or stand as active rows in the ERP's table ($6, text[]),
-- and stood on no page. Each becomes a thin delete of
-- the run, which its detail proves (404) or refutes; unless they are more than a share of the entity, which takes a person's word.
-- A scan's first page was sent before anything that it could have missed was seen; what waits for its proof already isn't asked for
-- twice, what is an open dead letter neither. $1 organisation, $2 run, $3 fence, $4 share, $5 the entity has details to prove it by. Answers how many are missing, how
-- many may be, how many are known, and whether they are being proved.
WITH run AS MATERIALIZED (
	SELECT r.entity_type, r.dry_run, r.confirm_deletes, (SELECT min(sent_at) FROM tds_run_pages WHERE run_id = r.id) AS sent_at
	FROM tds_sync_runs r WHERE r.organization_id = $1 AND r.id = $2::uuid AND r.fence = $3::bigint AND r.status = 'running'
), seen AS MATERIALIZED (
	SELECT DISTINCT unnest(ids) AS id FROM tds_run_pages WHERE run_id = $2::uuid
), alive AS MATERIALIZED (
	SELECT s.source_entity_id AS id, s.observed_at FROM tds_entity_state s, run r
	WHERE s.organization_id = $1 AND s.entity_type = r.entity_type AND s.deleted_at IS NULL
), missing AS MATERIALIZED (
	(SELECT a.id FROM alive a, run r WHERE a.observed_at < r.sent_at UNION SELECT unnest($6::text[])) EXCEPT SELECT id FROM seen -- never row by row, however few the planner expects
), judged AS MATERIALIZED (
	SELECT (SELECT count(*) FROM missing) AS n, k.known, ceil(k.known * $4::numeric) AS most, (SELECT confirm_deletes FROM run) AS confirmed
	FROM (SELECT (SELECT count(*) FROM alive) + cardinality($6::text[]) AS known) k
), proofs AS (
	INSERT INTO tds_sync_queue (organization_id, entity_type, source_entity_id, sync_run_id, operation_type, is_thin, priority)
	SELECT $1, r.entity_type, m.id, $2::uuid, 'delete', true, 1 FROM missing m, run r, judged j
	WHERE $5::boolean AND NOT r.dry_run AND (j.n <= j.most OR j.confirmed)
		AND NOT EXISTS (SELECT FROM tds_sync_queue q WHERE q.sync_run_id = $2::uuid AND q.source_entity_id = m.id)
		AND NOT EXISTS (SELECT FROM tds_sync_queue q WHERE q.organization_id = $1 AND q.entity_type = r.entity_type
			AND q.source_entity_id = m.id AND q.operation_type = 'delete'
			AND q.status IN ('pending', 'processing', 'retry', 'failed', 'dead_letter')
			AND (q.status <> 'dead_letter' OR EXISTS (SELECT FROM tds_dead_letter_queue d WHERE d.sync_queue_id = q.id AND NOT d.resolved)))
), noted AS (
	INSERT INTO tds_differences (organization_id, run_id, entity_type, source_entity_id, kind, action, worker_id)
	SELECT $1, $2::uuid, r.entity_type, m.id, 'missing_there', CASE WHEN NOT $5::boolean THEN 'left' WHEN j.n > j.most AND NOT j.confirmed THEN 'left'
		WHEN r.dry_run THEN 'none' ELSE 'proving' END, 'dispatcher'
	FROM missing m, run r, judged j
	ON CONFLICT (run_id, entity_type, source_entity_id) DO NOTHING
)
SELECT j.n, j.most, j.known, $5::boolean AND NOT r.dry_run AND j.n > 0 AND (j.n <= j.most OR j.confirmed) FROM judged j, run r

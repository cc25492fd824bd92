-- Zoho refused a page of named records: it is halved, so that what is wrong with one isn't the others' harm; one alone keeps the
-- reason. $1 run, $2 page, $3 error.
WITH old AS (
	DELETE FROM tds_run_plan WHERE run_id = $1::uuid AND page = $2::int AND cardinality(ids) > 1 RETURNING ids, cardinality(ids) / 2 AS half
), last AS (
	SELECT max(page) AS page FROM tds_run_plan WHERE run_id = $1::uuid
), halves AS (
	INSERT INTO tds_run_plan (run_id, page, ids)
	SELECT $1::uuid, last.page + 1, ids[:half] FROM old, last UNION ALL SELECT $1::uuid, last.page + 2, ids[half + 1:] FROM old, last
)
UPDATE tds_run_plan SET error = $3 WHERE run_id = $1::uuid AND page = $2::int AND cardinality(ids) = 1

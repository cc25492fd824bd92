-- Plans a run of named records: so many a page. $1 run, $2 ids text[], $3 a page. Answers how many pages.
WITH planned AS (
	INSERT INTO tds_run_plan (run_id, page, ids)
	SELECT $1::uuid, (n - 1) / $3::int + 1, array_agg(id ORDER BY n) FROM unnest($2::text[]) WITH ORDINALITY AS i(id, n)
	WHERE EXISTS (SELECT FROM tds_sync_runs WHERE id = $1::uuid AND status = 'running') GROUP BY 2 RETURNING page
), expected AS (
	UPDATE tds_sync_runs SET pages_expected = (SELECT count(*) FROM planned) WHERE id = $1::uuid
)
SELECT count(*) FROM planned

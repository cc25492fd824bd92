-- What a run by the hundred asks for next: planned pages that aren't applied. $1 run, $2 those after this page, $3 how many.
SELECT p.page, array_to_string(p.ids, ',') FROM tds_run_plan p
WHERE p.run_id = $1::uuid AND p.page > $2::bigint AND p.error IS NULL
	AND NOT EXISTS (SELECT FROM tds_run_pages g WHERE g.run_id = p.run_id AND g.page = p.page)
ORDER BY p.page LIMIT $3::int

-- Sync runs, newest first. $1 organisation, $2 entity or NULL, $3 status or NULL, $4 limit, $5 offset. Answers the page and the total.
WITH r AS (
	SELECT * FROM tds_sync_runs WHERE organization_id = $1 AND ($2::text IS NULL OR entity_type::text = $2)
		AND ($3::text IS NULL OR status = $3)
), page AS (
	SELECT * FROM r ORDER BY created_at DESC, id LIMIT $4::int OFFSET $5::int
), total AS (SELECT count(*) AS n FROM r)
SELECT jsonb_build_object('items', coalesce((SELECT jsonb_agg(tds_run_json(page) ORDER BY page.created_at DESC, page.id) FROM page), '[]'),
	'total', n, 'page', $5::int / $4::int + 1, 'page_size', $4::int, 'total_pages', (n + $4::int - 1) / $4::int)::text, n
FROM total

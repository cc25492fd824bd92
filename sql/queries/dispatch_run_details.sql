-- Details that a run waits for: of the records on its pages those that are wanted, each looked up by its key (OFFSET 0, and
-- detail_wanted as a number: else PostgreSQL may go through the index of all that are wanted for each of them). $1 organisation, $2 run,
-- $3 ids text[] that are on their way. Answers id, whether it was one of these.
SELECT DISTINCT u.id, u.id = ANY ($3::text[])
FROM tds_run_pages p CROSS JOIN LATERAL unnest(p.ids) u(id) CROSS JOIN LATERAL (
	SELECT FROM tds_entity_state s WHERE s.organization_id = $1 AND s.entity_type = p.entity_type AND s.source_entity_id = u.id
		AND s.detail_wanted::int = 1 AND s.deleted_at IS NULL OFFSET 0) wanted
WHERE p.run_id = $2::uuid

-- Details that a run waits for: of the records on its pages those that are wanted. $1 organisation, $2 run. Answers their ids.
SELECT DISTINCT s.source_entity_id
FROM tds_run_pages p JOIN tds_entity_state s ON s.organization_id = $1 AND s.entity_type = p.entity_type AND s.source_entity_id = ANY (p.ids)
WHERE p.run_id = $2::uuid AND s.detail_wanted AND s.deleted_at IS NULL

-- How many details are wanted, by entity. $1 organisation.
SELECT entity_type::text, count(*) FROM tds_entity_state WHERE organization_id = $1 AND detail_wanted AND deleted_at IS NULL GROUP BY 1

-- Images in order of their records, so that the files are looked after. $1 organisation, $2 the record to go on behind, $3 how many.
-- Answers id and file ("" none).
SELECT source_entity_id, coalesce(file, '') FROM tds_images WHERE organization_id = $1 AND source_entity_id > $2
ORDER BY source_entity_id LIMIT $3::int

-- Why a dead letter wasn't moved or closed. $1 organisation, $2 letter.
SELECT resolved, coalesce(resolved_by, ''), entity_type, coalesce(resolution_notes, '')
FROM tds_dead_letter_queue WHERE organization_id = $1 AND id = $2::uuid

-- Closes a fetch of many records at once: what was asked for and didn't come, or couldn't be written, isn't asked for again until
-- a list says something new of it; open dead letters of the others are dealt with. $1 organisation, $2 entity, $3 ids "a,b,c", $4 sent
-- (Unix µs), $5 ids that came text[], $6 of which failed text[].
WITH mended AS (
	UPDATE tds_dead_letter_queue d SET resolved = true, resolved_at = now(), resolved_by = 'handler',
		resolution_notes = 'the record came again, and could be written'
	WHERE EXISTS (SELECT FROM tds_dead_letter_queue o WHERE o.organization_id = $1 AND o.entity_type = $2::tds_entity_type AND NOT o.resolved
			AND o.sync_queue_id IS NULL)
		AND d.organization_id = $1 AND d.entity_type = $2::tds_entity_type AND d.source_entity_id = ANY ($5::text[])
		AND d.source_entity_id <> ALL ($6::text[]) AND NOT d.resolved AND d.sync_queue_id IS NULL
)
UPDATE tds_entity_state SET detail_wanted = false
WHERE organization_id = $1 AND entity_type = $2::tds_entity_type AND source_entity_id = ANY (string_to_array($3, ',')) AND detail_wanted
	AND observed_at <= 'epoch'::timestamptz + $4::bigint * interval '1 microsecond'

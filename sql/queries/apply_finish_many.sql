-- Closes a fetch of many records at once: what was asked for and didn't come, or couldn't be written, isn't asked for again until
-- a list says something new of it. $1 organisation, $2 entity, $3 ids "a,b,c", $4 sent (Unix µs).
UPDATE tds_entity_state SET detail_wanted = false
WHERE organization_id = $1 AND entity_type = $2::tds_entity_type AND source_entity_id = ANY (string_to_array($3, ',')) AND detail_wanted
	AND observed_at <= 'epoch'::timestamptz + $4::bigint * interval '1 microsecond'

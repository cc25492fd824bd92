-- Zoho has no such record, or won't give it: don't ask again until it is seen in a list, unless something newer came since it
-- was asked for. $1 organisation, $2 entity, $3 id or ids "a,b,c", $4 when it was asked for (Unix µs).
UPDATE tds_entity_state SET detail_wanted = false
WHERE organization_id = $1 AND entity_type = $2::tds_entity_type AND source_entity_id = ANY (string_to_array($3, ','))
	AND observed_at <= 'epoch'::timestamptz + $4::bigint * interval '1 microsecond'

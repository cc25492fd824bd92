-- Records to be fetched, newest first: of which two contents of one version were seen (only Zoho knows which is right), and where
-- $3 those that were seen only in a list. $1 organisation, $2 how many, $3 the latter, too, $4 entities that there are.
SELECT entity_type, source_entity_id, coalesce(detail_modified = last_modified, false) AS contradicted FROM tds_entity_state
WHERE organization_id = $1 AND detail_wanted AND deleted_at IS NULL AND entity_type::text = ANY ($4::text[])
	AND ($3::boolean OR detail_modified = last_modified)
ORDER BY contradicted DESC, last_modified DESC NULLS LAST LIMIT $2::int

-- Records whose details are wanted, newest first. $1 organisation, $2 how many.
SELECT entity_type, source_entity_id FROM tds_entity_state
WHERE organization_id = $1 AND detail_wanted AND deleted_at IS NULL
	AND entity_type IN ('product', 'customer', 'vendor', 'invoice', 'order')
ORDER BY last_modified DESC NULLS LAST LIMIT $2::int

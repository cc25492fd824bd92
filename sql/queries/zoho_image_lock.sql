-- Every writer of an ERP row goes through the record's row in tds_entity_state. $1 organisation, $2 entity, $3 id.
SELECT 1 FROM tds_entity_state WHERE organization_id = $1 AND entity_type = $2::tds_entity_type AND source_entity_id = $3 FOR UPDATE

-- An entity fits its tables (again): its alert ends. And where its records are written to other tables or columns than before, what was
-- seen of them counts as not seen: the next complete sync writes them all, with their details. $1 organisation, $2 entity,
-- $3 a mark of its mapping, 'default' where it has none. Answers how many records that are.
WITH ended AS (
	UPDATE tds_alerts SET is_active = false, resolved = true, resolved_at = now(), resolved_by = 'handler', resolution_notes = 'it fits its table'
	WHERE organization_id = $1 AND is_active AND alert_key = 'entity-parked:' || $2 AND alert_metadata ->> 'misfit' = 'true'
), marked AS (
	INSERT INTO tds_configuration AS c (organization_id, config_key, config_value, value_type, category)
	SELECT $1, 'mapping:' || $2, to_jsonb($3::text), 'string', 'mapping'
	WHERE $3 <> 'default' OR EXISTS (SELECT FROM tds_configuration WHERE organization_id = $1 AND config_key = 'mapping:' || $2)
	ON CONFLICT (organization_id, config_key) DO UPDATE SET config_value = excluded.config_value, updated_at = now()
		WHERE c.config_value IS DISTINCT FROM excluded.config_value
	RETURNING 1
), forgotten AS (
	UPDATE tds_entity_state SET list_hash = NULL, detail_hash = NULL, seen_hash = NULL, detail_modified = NULL
	WHERE organization_id = $1 AND entity_type = $2::tds_entity_type AND EXISTS (SELECT FROM marked)
	RETURNING 1
)
SELECT count(*) FROM forgotten

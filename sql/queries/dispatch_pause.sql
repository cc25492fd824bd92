-- Remembers whether an entity is paused. $1 organisation, $2 key, $3 'true' or 'false'.
INSERT INTO tds_configuration (organization_id, config_key, config_value, value_type, category)
VALUES ($1, $2, $3::jsonb, 'bool', 'pause')
ON CONFLICT (organization_id, config_key) DO UPDATE SET config_value = excluded.config_value, updated_at = now()

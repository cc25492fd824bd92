-- Keeps the access token, encrypted, for after a restart. $1 organisation, $2 {"nonce","data","tag"}.
INSERT INTO tds_configuration (organization_id, config_key, config_value, value_type, category, description, is_sensitive, updated_by)
VALUES ($1, 'zoho.token', $2::jsonb, 'json', 'zoho', 'Access token of the Zoho API', true, 'zoho-io')
ON CONFLICT (organization_id, config_key) DO UPDATE
SET config_value = excluded.config_value, is_sensitive = true, version = tds_configuration.version + 1, updated_at = now(), updated_by = 'zoho-io'

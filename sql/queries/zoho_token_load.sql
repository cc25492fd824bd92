-- The access token of a predecessor, still encrypted. $1 organisation.
SELECT config_value->>'nonce', config_value->>'data', config_value->>'tag'
FROM tds_configuration WHERE organization_id = $1 AND config_key = 'zoho.token' AND jsonb_typeof(config_value) = 'object'

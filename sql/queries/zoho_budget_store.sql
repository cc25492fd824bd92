-- Keeps what is left of the day's calls. $1 organisation, $2 limit, $3 left, $4 when it starts anew (Unix ms), $5 until when Zoho refuses
-- (Unix ms, 0: it doesn't), $6 calls of the last minute, $7 now (Unix ms).
INSERT INTO tds_configuration (organization_id, config_key, config_value, value_type, category, description, updated_by)
VALUES ($1, 'zoho.budget', jsonb_build_object('limit', $2::bigint, 'left', $3::bigint, 'resets_at', to_timestamp($4::bigint / 1000.0),
	'refused_until', CASE WHEN $5::bigint > 0 THEN to_timestamp($5::bigint / 1000.0) END, 'minute', $6::bigint,
	'at', to_timestamp($7::bigint / 1000.0)),
	'json', 'zoho', 'Calls left today, as Zoho last said', 'zoho-io')
ON CONFLICT (organization_id, config_key) DO UPDATE
SET config_value = excluded.config_value, version = tds_configuration.version + 1, updated_at = now(), updated_by = 'zoho-io'

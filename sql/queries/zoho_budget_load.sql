-- What was left of the day's calls when Zoho last said so. $1 organisation.
SELECT config_value->>'limit', config_value->>'left', (extract(epoch FROM (config_value->>'resets_at')::timestamptz) * 1000)::bigint
FROM tds_configuration WHERE organization_id = $1 AND config_key = 'zoho.budget' AND (config_value->>'resets_at')::timestamptz > now()

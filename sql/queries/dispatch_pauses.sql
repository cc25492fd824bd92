-- Entities that are paused. $1 organisation.
SELECT substr(config_key, 8) FROM tds_configuration
WHERE organization_id = $1 AND config_key LIKE 'paused:%' AND config_value = 'true'

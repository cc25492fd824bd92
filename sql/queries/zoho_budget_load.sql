-- What was left of the day's calls when Zoho last said so. $1 organisation. Answers limit, left, when it starts anew, until when Zoho
-- refuses, calls of the minute before it was kept, when that was (times in Unix ms).
SELECT config_value->>'limit', config_value->>'left', (extract(epoch FROM (config_value->>'resets_at')::timestamptz) * 1000)::bigint,
	coalesce((extract(epoch FROM (config_value->>'refused_until')::timestamptz) * 1000)::bigint, 0), coalesce(config_value->>'minute', '0'),
	coalesce((extract(epoch FROM (config_value->>'at')::timestamptz) * 1000)::bigint, 0)
FROM tds_configuration WHERE organization_id = $1 AND config_key = 'zoho.budget' AND (config_value->>'resets_at')::timestamptz > now()

-- Of several nodes one heals. $1 organisation, $2 this node, $3 lease in ms. Answers 1 when it is this one.
WITH mine AS (
	INSERT INTO tds_configuration AS c (organization_id, config_key, config_value, category)
	VALUES ($1, 'healer.lease', jsonb_build_object('owner', $2::text, 'expires_at', now() + $3::bigint * interval '1 millisecond'), 'lease')
	ON CONFLICT (organization_id, config_key) DO UPDATE SET config_value = excluded.config_value, updated_at = now(), version = c.version + 1
	WHERE c.config_value ->> 'owner' = $2 OR (c.config_value ->> 'expires_at')::timestamptz < now()
	RETURNING 1
)
SELECT count(*) FROM mine

-- Circuit breakers were closed again, by themselves or by a person. $1 organisation, $2 how many.
INSERT INTO tds_configuration AS c (organization_id, config_key, config_value, value_type, category, description, updated_by)
VALUES ($1, 'breakers.closed', to_jsonb($2::bigint), 'json', 'state', 'How often a circuit breaker was closed again', 'zoho-io')
ON CONFLICT (organization_id, config_key) DO UPDATE
SET config_value = to_jsonb((c.config_value #>> '{}')::bigint + $2::bigint), version = c.version + 1, updated_at = now(), updated_by = 'zoho-io'

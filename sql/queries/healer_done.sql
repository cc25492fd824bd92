-- A healing run, added to what is known of all. $1 organisation, $2 stuck work, $3 dead letters, $4 alerts, $5 locks, $6 error or NULL,
-- $7 by whom, or NULL for the timer, $8 correlation.
WITH run AS (
	SELECT jsonb_build_object('stuck_tasks', $2::bigint, 'dlq_retries', $3::bigint, 'alerts', $4::bigint, 'locks_released', $5::bigint,
		'error', $6::text, 'at', tds_time_json(now())) AS last
), stats AS (
	INSERT INTO tds_configuration AS c (organization_id, config_key, config_value, category)
	SELECT $1, 'healing.stats', jsonb_build_object('stuck', $2::bigint, 'retried', $3::bigint, 'alerts', $4::bigint, 'runs', 1, 'last', last), 'state'
	FROM run
	ON CONFLICT (organization_id, config_key) DO UPDATE SET updated_at = now(), config_value = jsonb_build_object(
		'stuck', (c.config_value ->> 'stuck')::bigint + $2::bigint, 'retried', (c.config_value ->> 'retried')::bigint + $3::bigint,
		'alerts', (c.config_value ->> 'alerts')::bigint + $4::bigint, 'runs', (c.config_value ->> 'runs')::bigint + 1,
		'last', excluded.config_value -> 'last')
), audit AS (
	INSERT INTO tds_audit_trail (organization_id, operation, changed_by, correlation_id, context)
	SELECT $1, 'auto-healing run', $7, $8, last FROM run WHERE $7::text IS NOT NULL
)
SELECT 1

-- What healing did so far; circuit breakers that were closed again count, by themselves or by a person. $1 organisation, $2 next run
-- (Unix µs), $3 stuck after and $4 retry after in ms, $5 retries at most, $6 queue_warning, $7 queue_critical.
SELECT jsonb_build_object('stuck_tasks_recovered', coalesce((s.v ->> 'stuck')::bigint, 0),
	'dlq_items_retried', coalesce((s.v ->> 'retried')::bigint, 0), 'alerts_created', coalesce((s.v ->> 'alerts')::bigint, 0),
	'circuit_breakers_reset', s.closed, 'total_recoveries', coalesce((s.v ->> 'stuck')::bigint + (s.v ->> 'retried')::bigint, 0) + s.closed,
	'total_healing_runs', coalesce((s.v ->> 'runs')::bigint, 0), 'last_run', s.v -> 'last' -> 'at', 'last_results', s.v -> 'last', 'last_run_at', s.v -> 'last' -> 'at',
	'next_run_at', tds_time_json(to_timestamp($2::bigint / 1000000.0)),
	'configuration', jsonb_build_object('stuck_threshold_minutes', trim_scale(round($3::numeric / 60000, 3)),
		'dlq_retry_after_hours', trim_scale(round($4::numeric / 3600000, 3)), 'max_dlq_retries', $5::int,
		'queue_warning_threshold', $6::int, 'queue_critical_threshold', $7::int))::text
FROM (SELECT (SELECT config_value FROM tds_configuration WHERE organization_id = $1 AND config_key = 'healing.stats') AS v,
	coalesce((SELECT (config_value #>> '{}')::bigint FROM tds_configuration WHERE organization_id = $1 AND config_key = 'breakers.closed'), 0) AS closed) s

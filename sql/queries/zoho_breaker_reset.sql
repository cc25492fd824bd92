-- A person closed a circuit breaker. $1 organisation, $2 which, $3 its state before, $4 by whom, $5 correlation.
INSERT INTO tds_audit_trail (organization_id, operation, changed_by, correlation_id, context)
VALUES ($1, 'breaker reset', $4, $5, jsonb_build_object('breaker', $2::text, 'before', $3::text))

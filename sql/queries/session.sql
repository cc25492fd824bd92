-- What every connection of an actor is set to, in one round trip. $1 schema, $2 statement_timeout, $3 lock_timeout (ms),
-- $4 whether all its statements find rows by key: never by reading a table, and with one plan that is kept, whatever the planner
-- thinks of the tables or of an array's length (planning takes longer than applying an event). What is answered is on disk,
-- whatever the database or the role is set to; what is stricter (standbys) stays. Without client_connection_check_interval a killed actor's statement keeps its locks until it ends.
SELECT set_config('search_path', quote_ident($1), false),
	set_config('statement_timeout', $2, false),
	set_config('lock_timeout', $3, false),
	set_config('enable_seqscan', CASE WHEN $4::boolean THEN 'off' ELSE 'on' END, false),
	set_config('plan_cache_mode', CASE WHEN $4::boolean THEN 'force_generic_plan' ELSE 'auto' END, false),
	set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
		ELSE current_setting('synchronous_commit') END, false),
	set_config('client_connection_check_interval', '100ms', false),
	set_config('idle_in_transaction_session_timeout', '60s', false),
	set_config('client_min_messages', 'error', false),
	set_config('timezone', 'UTC', false),
	set_config('datestyle', 'ISO', false),
	set_config('bytea_output', 'hex', false),
	set_config('jit', 'off', false)

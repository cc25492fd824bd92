-- The migrator's connection. $1 schema.
SELECT set_config('search_path', quote_ident($1), false),
	set_config('statement_timeout', '0', false),
	set_config('idle_in_transaction_session_timeout', '0', false),
	set_config('client_connection_check_interval', '100ms', false),
	set_config('client_min_messages', 'warning', false),
	set_config('timezone', 'UTC', false)

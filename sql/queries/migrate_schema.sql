-- Is the schema there, and may this role use it? $1 schema. (CREATE SCHEMA IF NOT EXISTS asks for a right even where nothing is to do.)
SELECT (SELECT has_schema_privilege(oid, 'USAGE') AND has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = $1),
	quote_ident($1), quote_ident(current_user)

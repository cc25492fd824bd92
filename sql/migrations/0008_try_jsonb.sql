-- A payload that jsonb may refuse (\u0000, lone surrogates): NULL then, its bytes stand beside it.
CREATE FUNCTION tds_try_jsonb(payload bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $fn$
BEGIN
	RETURN convert_from(payload, 'UTF8')::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
	RETURN NULL;
END
$fn$;

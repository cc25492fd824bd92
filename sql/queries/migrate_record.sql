-- $1 version, $2 name, $3 text, $4 the program's own version.
INSERT INTO tds_schema_version (version, name, checksum, program)
VALUES ($1::int, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'), $4)

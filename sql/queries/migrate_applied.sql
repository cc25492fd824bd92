-- No row: not applied yet. Else whether it is the same text. $1 version, $2 text.
SELECT checksum = encode(sha256(convert_to($2, 'UTF8')), 'hex') FROM tds_schema_version WHERE version = $1::int

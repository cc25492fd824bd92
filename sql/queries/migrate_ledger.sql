-- What was applied, when and by which program.
CREATE TABLE IF NOT EXISTS tds_schema_version (
	version int PRIMARY KEY,
	name text NOT NULL,
	checksum text NOT NULL,
	program text NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT now()
)

-- The database's version; 0 = new.
SELECT coalesce(max(version), 0) FROM tds_schema_version

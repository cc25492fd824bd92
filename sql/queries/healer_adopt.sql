-- Rows of a time without organisations become those of the one there is. $1 organisation.
SELECT CASE WHEN $1::text <> '' THEN tds_adopt_organization($1) ELSE 0 END

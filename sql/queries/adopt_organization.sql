-- At start: rows from before there were organisations belong to ours. Does nothing unless a migration left word. $1 organisation.
SELECT tds_adopt_organization($1)

-- Retention of logs and metrics; again until it says 0. $1 table, $2 seconds to keep, $3 rows a batch.
SELECT tds_partitions_drop($1, now() - make_interval(secs => $2::float8), $3::int)

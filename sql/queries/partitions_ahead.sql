-- Daily: the next days' partitions of logs and metrics. $1 days.
SELECT tds_partitions_ahead($1::int)

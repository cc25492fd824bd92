-- Old partitions of $1, and old rows of its default one. $2 retention in ms, $3 rows at most. Answers what went; 0 = nothing left.
SELECT tds_partitions_drop($1, now() - $2::bigint * interval '1 millisecond', $3::int)

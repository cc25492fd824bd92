-- Partitions of the next days.
SELECT tds_partitions_ahead()

-- The transaction that applies events needn't wait for the disk: should PostgreSQL die within the next half second, what they did and
-- that they are done are lost together, and the events, whose own commit did wait, are waiting again. What is stricter (standbys) stays.
-- https://www.postgresql.org/docs/15/wal-async-commit.html
SELECT set_config('synchronous_commit', 'off', true) WHERE current_setting('synchronous_commit') IN ('on', 'local')

-- Whether the tables are what Zoho holds: scans that compare every row, what they found, and records that a complete scan misses.

ALTER TABLE tds_sync_runs ADD COLUMN IF NOT EXISTS verify boolean NOT NULL DEFAULT false, -- every row is compared, whatever its hash says
	ADD COLUMN IF NOT EXISTS confirm_deletes boolean NOT NULL DEFAULT false, -- a person's word: the share of deletes isn't limited
	ADD COLUMN IF NOT EXISTS missing_count int NOT NULL DEFAULT 0, -- known here, on no page of a complete scan
	ADD COLUMN IF NOT EXISTS differing_count int NOT NULL DEFAULT 0;
CREATE INDEX tds_sync_runs_verified ON tds_sync_runs (organization_id, entity_type, started_at) WHERE verify AND scan_complete AND status = 'completed';

CREATE TABLE tds_differences (
	run_id uuid NOT NULL,
	entity_type tds_entity_type NOT NULL,
	source_entity_id text NOT NULL,
	organization_id text NOT NULL,
	page int,
	kind text NOT NULL, -- missing_here, differs, missing_there, deleted
	fields jsonb, -- of differs: {column: [what was, what is]}
	action text NOT NULL, -- written; proving: Zoho is asked for it alone; left: too many at once; none: a dry run
	worker_id text,
	found_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (run_id, entity_type, source_entity_id)
);
CREATE INDEX tds_differences_found ON tds_differences (organization_id, entity_type, found_at);

-- What a run put into the queue: the deletes that are to be proved.
CREATE INDEX tds_sync_queue_run ON tds_sync_queue (sync_run_id) WHERE sync_run_id IS NOT NULL;

-- What is known: runs and their pages, how far each entity was read, and the version of every record.

-- Runs of an older service that nobody will go on with.
DO $$
BEGIN
	IF to_regclass('tds_sync_runs') IS NOT NULL THEN
		UPDATE tds_sync_runs SET completed_at = coalesce(completed_at, started_at), status = 'failed',
			error_summary = jsonb_build_object('error', 'left unfinished by the former service', 'status', status::text, 'summary', error_summary)
		WHERE status::text NOT IN ('completed', 'failed');
		ALTER TABLE tds_sync_runs ADD COLUMN IF NOT EXISTS created_at timestamptz;
		UPDATE tds_sync_runs SET created_at = started_at WHERE created_at IS NULL;
	END IF;
END
$$;

SELECT tds_table('tds_sync_runs', $$
	id uuid PRIMARY KEY DEFAULT gen_random_uuid()
	organization_id text NOT NULL
	parent_run_id uuid -- the sync-all run that it is part of
	run_type text NOT NULL -- sync-all, or what was run; older rows: who asked (zoho, manual, scheduled)
	entity_type tds_entity_type -- null: sync-all
	status text NOT NULL DEFAULT 'pending' -- pending, running, completed, failed
	detail text -- the status in words
	requested_by text
	correlation_id text
	worker_id text
	fence bigint NOT NULL DEFAULT 0 -- every write for the run carries it
	lease_owner text
	lease_expires_at timestamptz
	dry_run boolean NOT NULL DEFAULT false
	per_page int
	filter text -- of the list call
	since timestamptz -- incremental: changed since
	zoho_date timestamptz -- the run's start by Zoho's Date header
	pages_expected int
	last_page int -- the page that had no more behind it
	scan_complete boolean NOT NULL DEFAULT false -- every page applied, nothing filtered: absence means something
	total_events int NOT NULL DEFAULT 0
	processed_events int NOT NULL DEFAULT 0
	failed_events int NOT NULL DEFAULT 0
	skipped_events int NOT NULL DEFAULT 0
	created_count int NOT NULL DEFAULT 0
	updated_count int NOT NULL DEFAULT 0
	unchanged_count int NOT NULL DEFAULT 0
	stale_count int NOT NULL DEFAULT 0
	deleted_count int NOT NULL DEFAULT 0
	stock_updated_count int NOT NULL DEFAULT 0
	api_calls int NOT NULL DEFAULT 0
	created_at timestamptz NOT NULL DEFAULT now()
	started_at timestamptz
	completed_at timestamptz
	duration_seconds numeric
	configuration_snapshot jsonb
	error_summary jsonb
$$);
-- A second request joins the running one.
CREATE UNIQUE INDEX tds_sync_runs_running ON tds_sync_runs (organization_id, entity_type) WHERE status = 'running' AND entity_type IS NOT NULL;
CREATE UNIQUE INDEX tds_sync_runs_running_all ON tds_sync_runs (organization_id, run_type) WHERE status = 'running' AND entity_type IS NULL;
CREATE INDEX tds_sync_runs_created ON tds_sync_runs (created_at);
CREATE INDEX tds_sync_runs_parent ON tds_sync_runs (parent_run_id) WHERE parent_run_id IS NOT NULL;
ALTER TABLE tds_sync_runs SET (fillfactor = 80);

CREATE TABLE tds_run_pages (
	run_id uuid NOT NULL,
	page int NOT NULL,
	organization_id text NOT NULL,
	entity_type tds_entity_type NOT NULL,
	state text NOT NULL DEFAULT 'fetched', -- fetched, applied
	fence bigint NOT NULL DEFAULT 0,
	ids text[], -- every record on the page, so that what is missing can be known
	rows int NOT NULL DEFAULT 0,
	created int NOT NULL DEFAULT 0,
	updated int NOT NULL DEFAULT 0,
	unchanged int NOT NULL DEFAULT 0,
	stale int NOT NULL DEFAULT 0,
	failed int NOT NULL DEFAULT 0,
	skipped int NOT NULL DEFAULT 0,
	stock_updated int NOT NULL DEFAULT 0,
	error text,
	sent_at timestamptz, -- when its fetch was sent
	applied_at timestamptz,
	PRIMARY KEY (run_id, page)
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- The former key left the organisation out, and a vendor may have been there as a supplier, too: the older position wins,
-- reading something twice harms nobody.
DO $$
BEGIN
	IF to_regclass('tds_sync_cursors') IS NOT NULL THEN
		DELETE FROM tds_sync_cursors c USING tds_sync_cursors o
		WHERE o.source_type = c.source_type AND o.entity_type = c.entity_type AND (o.last_sync_at, o.id) < (c.last_sync_at, c.id);
	END IF;
END
$$;

SELECT tds_table('tds_sync_cursors', $$
	id uuid PRIMARY KEY DEFAULT gen_random_uuid()
	organization_id text NOT NULL
	source_type tds_source_type NOT NULL DEFAULT 'zoho'
	entity_type tds_entity_type NOT NULL
	last_sync_at timestamptz -- when a run last completed
	cursor_value text -- read up to here: RFC 3339, by Zoho's clock
	total_synced bigint NOT NULL DEFAULT 0
	last_sync_count int NOT NULL DEFAULT 0
	last_sync_status text NOT NULL DEFAULT 'completed'
	sync_metadata jsonb -- what the last complete scan saw
	created_at timestamptz NOT NULL DEFAULT now()
	updated_at timestamptz NOT NULL DEFAULT now()
$$);
CREATE UNIQUE INDEX tds_sync_cursors_key ON tds_sync_cursors (organization_id, source_type, entity_type);

-- The version and the lock of a record: every writer of an ERP row goes through its row here. Most updates touch no
-- indexed column, so room is left on the page for them.
CREATE TABLE tds_entity_state (
	organization_id text NOT NULL,
	entity_type tds_entity_type NOT NULL,
	source_entity_id text NOT NULL,
	last_modified timestamptz, -- Zoho's clock
	observed_at timestamptz NOT NULL, -- a webhook: received; a fetch: sent
	list_hash bigint, -- of the mapped columns that lists carry
	detail_hash bigint, -- of all mapped columns and lines
	detail_modified timestamptz, -- last_modified of the detail that was applied
	detail_wanted boolean NOT NULL DEFAULT false, -- a detail is to be fetched
	last_event_id uuid, -- why the row looks so: the event ...
	last_run_id uuid, -- ... or the run that wrote it
	deleted_at timestamptz,
	apply_token bigint, -- the batch that wrote it last
	PRIMARY KEY (organization_id, entity_type, source_entity_id)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
	autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX tds_entity_state_detail ON tds_entity_state (organization_id, entity_type) WHERE detail_wanted;

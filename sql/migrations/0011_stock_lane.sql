-- Stock is its own lane: runs that fetch named records by the hundred, and what they changed of the stock.

-- What a page of a run by the hundred asks for: planned when the run is opened, gone when it is closed. What was asked for and
-- came stands in tds_run_pages under the same number.
CREATE TABLE tds_run_plan (
	run_id uuid NOT NULL,
	page int NOT NULL,
	ids text[] NOT NULL,
	error text, -- Zoho refused this one record
	PRIMARY KEY (run_id, page)
);

-- A sum over pages would count a product once for its total and once for what lies in each location.
ALTER TABLE tds_run_pages ADD COLUMN stock_ids text[]; -- products of which the page changed the stock

-- Pulls and stock runs of the same entity go on side by side; of each kind one. A run of named records is its caller's alone.
DROP INDEX tds_sync_runs_running;
CREATE UNIQUE INDEX tds_sync_runs_running ON tds_sync_runs (organization_id, entity_type, run_type)
	WHERE status = 'running' AND entity_type IS NOT NULL AND run_type <> 'stock-specific';

-- Counting what is wanted reads the index only.
DROP INDEX tds_entity_state_detail;
CREATE INDEX tds_entity_state_detail ON tds_entity_state (organization_id, entity_type) WHERE detail_wanted AND deleted_at IS NULL;

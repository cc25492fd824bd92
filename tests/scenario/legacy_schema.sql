-- A schema as the former service's installations have it, made by hand over the years, with rows in it: upper-case enum
-- labels, foreign keys between its tables, varchar(n), no server-side defaults, an index on nearly every column, views.
-- Beside it the ERP's own products and customers, with integer ids and columns of their own.
CREATE TYPE tds_event_status AS ENUM ('pending', 'processing', 'completed', 'failed', 'retry', 'dead_letter');
CREATE TYPE tds_source_type AS ENUM ('zoho', 'manual', 'scheduled', 'reconciliation');
CREATE TYPE tds_entity_type AS ENUM ('product', 'customer', 'invoice', 'bill', 'credit_note', 'stock_adjustment',
	'price_list', 'branch', 'USER', 'order', 'PAYMENT', 'VENDOR', 'SUPPLIER', 'INVOICE');
CREATE TYPE tds_alert_severity AS ENUM ('info', 'warning', 'error', 'critical');
CREATE TYPE tds_operation_type AS ENUM ('create', 'update', 'delete', 'upsert');

CREATE TABLE tds_inbox_events (
	id uuid PRIMARY KEY,
	source_type tds_source_type NOT NULL,
	entity_type tds_entity_type NOT NULL,
	source_entity_id text NOT NULL,
	raw_payload jsonb NOT NULL,
	idempotency_key text UNIQUE,
	content_hash text NOT NULL,
	webhook_headers jsonb,
	signature_verified boolean,
	ip_address varchar(45),
	received_at timestamptz NOT NULL DEFAULT now(),
	processed_at timestamptz,
	is_valid boolean,
	validation_errors jsonb,
	moved_to_queue boolean,
	tenant_note varchar(20) NOT NULL
);
CREATE INDEX idx_inbox_content_hash ON tds_inbox_events (content_hash);
CREATE INDEX ix_tds_inbox_events_entity_type ON tds_inbox_events (entity_type);

CREATE TABLE tds_sync_runs (
	id uuid PRIMARY KEY,
	run_type tds_source_type NOT NULL,
	entity_type tds_entity_type,
	status tds_event_status NOT NULL,
	worker_id text,
	total_events integer NOT NULL,
	processed_events integer NOT NULL,
	failed_events integer NOT NULL,
	skipped_events integer NOT NULL,
	started_at timestamptz NOT NULL DEFAULT now(),
	completed_at timestamptz,
	duration_seconds integer,
	configuration_snapshot jsonb,
	error_summary jsonb
);
CREATE INDEX idx_runs_status_started ON tds_sync_runs (status, started_at);

CREATE TABLE tds_sync_queue (
	id uuid PRIMARY KEY,
	inbox_event_id uuid NOT NULL REFERENCES tds_inbox_events (id),
	sync_run_id uuid REFERENCES tds_sync_runs (id),
	entity_type tds_entity_type NOT NULL,
	source_entity_id text NOT NULL,
	operation_type tds_operation_type NOT NULL,
	validated_payload jsonb NOT NULL,
	status tds_event_status NOT NULL,
	priority integer NOT NULL CHECK (priority BETWEEN 1 AND 10),
	attempt_count integer NOT NULL CHECK (attempt_count >= 0),
	max_retry_attempts integer NOT NULL,
	next_retry_at timestamptz,
	locked_by text,
	lock_expires_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	started_at timestamptz,
	completed_at timestamptz,
	target_entity_id text,
	processing_result jsonb,
	error_message text,
	error_code varchar(50)
);
CREATE INDEX idx_queue_status_priority ON tds_sync_queue (status, priority, created_at);
CREATE INDEX idx_queue_entity ON tds_sync_queue (entity_type, source_entity_id);

CREATE TABLE tds_sync_logs (
	id uuid PRIMARY KEY,
	sync_queue_id uuid NOT NULL REFERENCES tds_sync_queue (id),
	sync_run_id uuid REFERENCES tds_sync_runs (id),
	entity_type tds_entity_type NOT NULL,
	source_entity_id text NOT NULL,
	target_entity_id text,
	operation_type tds_operation_type NOT NULL,
	operation_status tds_event_status NOT NULL,
	input_payload jsonb,
	output_payload jsonb,
	attempt_number integer NOT NULL,
	execution_time_ms integer,
	error_message text,
	error_code varchar(50),
	stack_trace text,
	worker_id text,
	timestamp timestamptz NOT NULL DEFAULT now(),
	context_data jsonb
);

CREATE TABLE tds_dead_letter_queue (
	id uuid PRIMARY KEY,
	sync_queue_id uuid NOT NULL REFERENCES tds_sync_queue (id),
	entity_type tds_entity_type NOT NULL,
	source_entity_id text NOT NULL,
	failure_reason text NOT NULL,
	error_code varchar(50),
	total_attempts integer NOT NULL,
	last_error_message text,
	last_stack_trace text,
	last_payload jsonb NOT NULL,
	resolved boolean NOT NULL,
	resolved_at timestamptz,
	resolved_by text,
	resolution_notes text,
	created_at timestamptz NOT NULL DEFAULT now(),
	assigned_to text,
	priority integer DEFAULT 5 CHECK (priority > 0)
);

CREATE TABLE tds_sync_cursors (
	id uuid PRIMARY KEY,
	source_type tds_source_type NOT NULL,
	entity_type tds_entity_type NOT NULL,
	last_sync_at timestamptz NOT NULL,
	last_entity_id text,
	last_entity_version integer,
	cursor_value text,
	total_synced integer NOT NULL,
	last_sync_count integer,
	last_sync_status tds_event_status,
	sync_metadata jsonb,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz DEFAULT now()
);
CREATE UNIQUE INDEX idx_cursor_source_entity ON tds_sync_cursors (source_type, entity_type);

CREATE TABLE tds_audit_trail (
	id uuid PRIMARY KEY,
	entity_type tds_entity_type NOT NULL,
	entity_id text NOT NULL,
	operation tds_operation_type NOT NULL,
	old_value jsonb,
	new_value jsonb,
	changed_fields jsonb,
	changed_by text,
	change_source tds_source_type,
	changed_at timestamptz NOT NULL DEFAULT now(),
	sync_queue_id uuid REFERENCES tds_sync_queue (id),
	context jsonb
);

CREATE TABLE tds_alerts (
	id uuid PRIMARY KEY,
	alert_type varchar(100) NOT NULL,
	severity tds_alert_severity NOT NULL,
	title varchar(255) NOT NULL,
	message text NOT NULL,
	entity_type tds_entity_type,
	affected_count integer,
	threshold_value jsonb,
	actual_value jsonb,
	is_active boolean NOT NULL,
	acknowledged boolean,
	resolved boolean,
	triggered_at timestamptz NOT NULL DEFAULT now(),
	acknowledged_at timestamptz,
	resolved_at timestamptz,
	acknowledged_by text,
	resolved_by text,
	alert_metadata jsonb,
	resolution_notes text
);

CREATE TABLE tds_metrics (
	id uuid PRIMARY KEY,
	metric_name varchar(100) NOT NULL,
	metric_type varchar(50) NOT NULL,
	entity_type tds_entity_type,
	source_type tds_source_type,
	value jsonb NOT NULL,
	unit varchar(50),
	recorded_at timestamptz NOT NULL DEFAULT now(),
	tags jsonb,
	dimensions jsonb
);

CREATE TABLE tds_configuration (
	id uuid PRIMARY KEY,
	config_key varchar(100) UNIQUE NOT NULL,
	config_value jsonb NOT NULL,
	value_type varchar(50) NOT NULL,
	description text,
	category varchar(50),
	validation_schema jsonb,
	is_sensitive boolean,
	is_active boolean NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz DEFAULT now(),
	updated_by text,
	version integer NOT NULL
);

CREATE VIEW queue_overview AS SELECT entity_type, status, count(*) AS n FROM tds_sync_queue GROUP BY 1, 2;
CREATE VIEW run_overview AS
	SELECT r.id, r.run_type, r.duration_seconds, count(l.id) AS log_rows
	FROM tds_sync_runs r LEFT JOIN tds_sync_logs l ON l.sync_run_id = r.id
	WHERE r.status = 'completed' GROUP BY 1, 2, 3;
CREATE VIEW slow_runs AS SELECT * FROM run_overview WHERE duration_seconds > 10;

-- The ERP's own tables.
CREATE TABLE products (
	id serial PRIMARY KEY,
	sku varchar(40) UNIQUE NOT NULL,
	name varchar(200) NOT NULL,
	price double precision,
	zoho_item_id varchar(30),
	warehouse_shelf text
);
CREATE TABLE customers (
	customer_no bigint PRIMARY KEY,
	contact_name text NOT NULL,
	zoho_contact_id text
);

-- Rows.
INSERT INTO tds_inbox_events
SELECT md5('inbox' || n)::uuid, 'zoho', (ARRAY['product', 'customer', 'USER', 'PAYMENT', 'VENDOR', 'SUPPLIER', 'INVOICE', 'invoice']::tds_entity_type[])[n % 8 + 1],
	(1000 + n)::text, jsonb_build_object('item', jsonb_build_object('item_id', (1000 + n)::text, 'name', 'سلعة ' || n)),
	CASE WHEN n % 10 <> 0 THEN 'zoho:' || n END, md5(n::text), '{"user-agent":"Zoho"}', CASE WHEN n % 2 = 0 THEN true END, '10.0.0.1',
	'2025-11-01 00:00Z'::timestamptz + n * interval '1 minute', NULL, true, NULL, true, 'kept'
FROM generate_series(1, 40) n;
INSERT INTO tds_sync_runs VALUES
	(md5('run1')::uuid, 'zoho', 'product', 'completed', 'worker-1', 10, 9, 1, 0, '2025-11-01 00:00Z', '2025-11-01 00:00:42Z', 42, '{"batch_size":100}', NULL),
	(md5('run2')::uuid, 'scheduled', 'SUPPLIER', 'processing', 'worker-1', 5, 1, 0, 0, '2025-11-02 00:00Z', NULL, NULL, NULL, '{"last":"timeout"}');
INSERT INTO tds_sync_queue
SELECT md5('queue' || n)::uuid, md5('inbox' || n)::uuid, CASE WHEN n < 5 THEN md5('run1')::uuid END,
	(ARRAY['product', 'customer', 'USER', 'PAYMENT', 'VENDOR', 'SUPPLIER', 'INVOICE', 'invoice']::tds_entity_type[])[n % 8 + 1], (1000 + n)::text, 'upsert',
	jsonb_build_object('item_id', (1000 + n)::text),
	(ARRAY['pending', 'completed', 'dead_letter', 'retry', 'failed', 'processing']::tds_event_status[])[n % 6 + 1], 5, n % 4, 3,
	NULL, CASE WHEN n % 6 = 5 THEN 'worker-1' END, NULL, '2025-11-01 00:00Z'::timestamptz + (41 - n) * interval '1 minute', NULL, NULL, NULL, NULL,
	CASE WHEN n % 6 = 2 THEN 'no such tax' END, CASE WHEN n % 6 = 2 THEN 'E_TAX' END
FROM generate_series(1, 40) n;
INSERT INTO tds_sync_logs
SELECT md5('log' || n)::uuid, md5('queue' || n)::uuid, CASE WHEN n < 5 THEN md5('run1')::uuid END, 'product', (1000 + n)::text, NULL, 'upsert', 'completed',
	'{"in":1}', '{"out":2}', 1, 12, NULL, NULL, CASE WHEN n = 3 THEN 'Traceback' END, 'worker-1',
	CASE WHEN n = 1 THEN now() ELSE now() - n * interval '1 day' END, CASE n % 3 WHEN 0 THEN '{"a":1}' WHEN 1 THEN '[1]' END::jsonb
FROM generate_series(1, 40) n;
-- Two open ones of the same event, and one urgent; the other dead_letter rows of the queue were never told to anybody.
INSERT INTO tds_dead_letter_queue VALUES
	(md5('dlq1')::uuid, md5('queue2')::uuid, 'USER', '1002', 'first', 'E1', 3, 'boom', 'Traceback', '{"a":1}', false, NULL, NULL, NULL, '2025-11-01', NULL, 9),
	(md5('dlq2')::uuid, md5('queue2')::uuid, 'USER', '1002', 'second', 'E1', 3, 'boom', NULL, '{"a":1}', false, NULL, NULL, NULL, '2025-11-02', NULL, NULL),
	(md5('dlq3')::uuid, md5('queue8')::uuid, 'product', '1008', 'old', 'E1', 3, 'boom', NULL, '{"a":1}', true, now(), 'ali', 'done', '2025-11-02', NULL, 2);
INSERT INTO tds_sync_cursors VALUES
	(md5('c1')::uuid, 'zoho', 'product', '2025-11-03', '9', 2, '2025-11-03T00:00:00Z', 1312, 12, 'completed', NULL, now(), NULL),
	(md5('c2')::uuid, 'zoho', 'VENDOR', '2025-11-03', NULL, NULL, '2025-11-03T00:00:00Z', 81, NULL, NULL, NULL, now(), now()),
	(md5('c3')::uuid, 'zoho', 'SUPPLIER', '2025-11-02', NULL, NULL, '2025-11-02T00:00:00Z', 80, 0, 'failed', NULL, now(), now());
INSERT INTO tds_audit_trail VALUES (md5('a1')::uuid, 'VENDOR', '5', 'update', '{"a":1}', '{"a":2}', '["a"]', 'ali', 'manual', now(), md5('queue1')::uuid, NULL);
INSERT INTO tds_alerts VALUES
	(md5('al1')::uuid, 'queue_backlog', 'warning', 'Backlog', 'Many', NULL, 5, '{"max":1}', '5', true, NULL, NULL, '2025-11-01', NULL, NULL, NULL, NULL, NULL, NULL),
	(md5('al2')::uuid, 'queue_backlog', 'error', 'Backlog', 'More', 'PAYMENT', 5, NULL, NULL, true, true, false, '2025-11-02', now(), NULL, 'ali', NULL, NULL, NULL);
INSERT INTO tds_metrics VALUES
	(md5('m1')::uuid, 'queue_depth', 'gauge', NULL, NULL, '12.5', 'rows', now(), '{"host":"a"}', '{"x":1}'),
	(md5('m2')::uuid, 'sync', 'histogram', 'PAYMENT', 'zoho', '{"p50":3}', NULL, '2025-11-01', NULL, NULL);
INSERT INTO tds_configuration VALUES (md5('cfg')::uuid, 'batch_size', '100', 'int', NULL, 'queue', NULL, NULL, true, now(), now(), 'ali', 3);
INSERT INTO products (sku, name, price, zoho_item_id, warehouse_shelf) VALUES
	('A-1', 'A', 1.5, '2001', 'S1'), ('A-2', 'B', 2, '2001', 'S2'), ('A-3', 'Own', 3, NULL, NULL);
INSERT INTO customers VALUES (7, 'Acme', '3001'), (8, 'Walk-in', NULL);

-- What happened: logs and metrics (a partition a day, dropped when old), the audit trail, alerts, and the runtime's own settings.

-- Partitions replace an older plain table; its rows are copied below, what has no column anymore goes into the jsonb one.
-- Views on them step aside meanwhile (kept in a setting of this transaction).
DO $$
DECLARE
	v record;
	views jsonb := '[]';
BEGIN
	FOR v IN
		SELECT DISTINCT ON (o.depth, o.oid) o.* FROM unnest(ARRAY[to_regclass('tds_sync_logs'), to_regclass('tds_metrics')]) t, tds_views_on(t) o
		WHERE t IS NOT NULL ORDER BY o.depth DESC, o.oid
	LOOP
		CONTINUE WHEN to_regclass(v.name) IS NULL;
		views := jsonb_build_array(to_jsonb(v)) || views;
		EXECUTE format('DROP %s %s', v.kind, v.name);
	END LOOP;
	PERFORM set_config('tds.views', views::text, true);
	ALTER TABLE IF EXISTS tds_sync_logs RENAME TO tds_sync_logs_former;
	ALTER TABLE IF EXISTS tds_metrics RENAME TO tds_metrics_former;
END
$$;

CREATE TABLE tds_sync_logs (
	id uuid NOT NULL DEFAULT gen_random_uuid(),
	organization_id text NOT NULL,
	sync_queue_id uuid, -- null: from a page or a fetch
	sync_run_id uuid,
	entity_type tds_entity_type NOT NULL,
	source_entity_id text NOT NULL,
	target_entity_id text,
	operation_type tds_operation_type NOT NULL DEFAULT 'upsert',
	operation_status tds_event_status NOT NULL, -- completed, failed, retry, dead_letter
	outcome text, -- created, updated, unchanged, stale, superseded, duplicate, deleted
	attempt_number int NOT NULL DEFAULT 1,
	execution_time_ms int,
	error_message text,
	error_code text,
	worker_id text,
	correlation_id text,
	"timestamp" timestamptz NOT NULL DEFAULT now(),
	context_data jsonb
) PARTITION BY RANGE ("timestamp");
CREATE INDEX tds_sync_logs_record ON tds_sync_logs (organization_id, entity_type, source_entity_id, "timestamp");
CREATE TABLE tds_sync_logs_default PARTITION OF tds_sync_logs DEFAULT;

CREATE TABLE tds_metrics (
	id uuid NOT NULL DEFAULT gen_random_uuid(),
	organization_id text NOT NULL,
	metric_name text NOT NULL,
	metric_type text NOT NULL DEFAULT 'gauge', -- gauge, counter
	entity_type tds_entity_type,
	value numeric,
	unit text,
	tags jsonb,
	recorded_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (recorded_at);
CREATE INDEX tds_metrics_name ON tds_metrics (metric_name, recorded_at);
CREATE TABLE tds_metrics_default PARTITION OF tds_metrics DEFAULT;

DO $$
BEGIN
	IF to_regclass('tds_sync_logs_former') IS NOT NULL THEN
		INSERT INTO tds_sync_logs (id, organization_id, sync_queue_id, sync_run_id, entity_type, source_entity_id, target_entity_id, operation_type,
			operation_status, attempt_number, execution_time_ms, error_message, error_code, worker_id, "timestamp", context_data)
		SELECT id, coalesce(to_jsonb(f) ->> 'organization_id', ''), sync_queue_id, sync_run_id, entity_type, source_entity_id, target_entity_id, operation_type,
			operation_status, attempt_number, execution_time_ms, error_message, error_code, worker_id, "timestamp",
			nullif(CASE WHEN jsonb_typeof(context_data) = 'object' THEN context_data
				WHEN context_data IS NULL THEN '{}' ELSE jsonb_build_object('context_data', context_data) END
				|| jsonb_strip_nulls(to_jsonb(f) - '{id,organization_id,sync_queue_id,sync_run_id,entity_type,source_entity_id,target_entity_id,operation_type,operation_status,attempt_number,execution_time_ms,error_message,error_code,worker_id,timestamp,context_data}'::text[]), '{}')
		FROM tds_sync_logs_former f;
		DROP TABLE tds_sync_logs_former;
	END IF;
	IF to_regclass('tds_metrics_former') IS NOT NULL THEN
		INSERT INTO tds_metrics (id, organization_id, metric_name, metric_type, entity_type, value, unit, recorded_at, tags)
		SELECT id, coalesce(to_jsonb(f) ->> 'organization_id', ''), metric_name, metric_type, entity_type,
			CASE jsonb_typeof(value) WHEN 'number' THEN value::numeric END, unit, recorded_at,
			nullif(CASE WHEN jsonb_typeof(tags) = 'object' THEN tags WHEN tags IS NULL THEN '{}' ELSE jsonb_build_object('tags', tags) END
				|| CASE jsonb_typeof(value) WHEN 'number' THEN '{}' ELSE jsonb_build_object('value', value) END
				|| jsonb_strip_nulls(to_jsonb(f) - '{id,organization_id,metric_name,metric_type,entity_type,value,unit,recorded_at,tags}'::text[]), '{}')
		FROM tds_metrics_former f;
		DROP TABLE tds_metrics_former;
	END IF;
	PERFORM tds_view_restore(e ->> 'name', e ->> 'kind', e ->> 'definition') FROM jsonb_array_elements(current_setting('tds.views')::jsonb) e;
END
$$;

-- Makes the partitions of today and the next `days`. Rows of such a day that were written while it had none (nobody
-- called for a week) move over from the default partition. Returns how many were made.
CREATE FUNCTION tds_partitions_ahead(days int DEFAULT 7) RETURNS int LANGUAGE plpgsql SET lock_timeout = '2s' AS $fn$
DECLARE
	p record;
	made int := 0;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('tds_partitions:' || current_schema(), 0));
	FOR p IN
		SELECT t.parent, t.col, format('%s_%s', t.parent, to_char(d, 'YYYYMMDD')) AS name, d AT TIME ZONE 'UTC' AS low, (d + interval '1 day') AT TIME ZONE 'UTC' AS high
		FROM (VALUES ('tds_sync_logs', 'timestamp'), ('tds_metrics', 'recorded_at')) t (parent, col),
			generate_series(date_trunc('day', now() AT TIME ZONE 'UTC'), date_trunc('day', now() AT TIME ZONE 'UTC') + make_interval(days => days), interval '1 day') d
		WHERE to_regclass(format('%s_%s', t.parent, to_char(d, 'YYYYMMDD'))) IS NULL
	LOOP
		EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', p.name, p.parent);
		EXECUTE format('LOCK TABLE %I', p.parent || '_default');
		EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %2$I < %4$L RETURNING *) INSERT INTO %5$I SELECT * FROM moved',
			p.parent || '_default', p.col, p.low, p.high, p.name);
		EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', p.parent, p.name, p.low, p.high);
		made := made + 1;
	END LOOP;
	RETURN made;
END
$fn$;

-- Drops a parent's partitions that ended before `before`, and at most `batch` rows of its default partition that are
-- older. Returns partitions dropped plus rows deleted: 0 = nothing left to do.
CREATE FUNCTION tds_partitions_drop(wanted text, before timestamptz, batch int DEFAULT 5000) RETURNS bigint LANGUAGE plpgsql SET lock_timeout = '2s' AS $fn$
DECLARE
	col text := CASE wanted WHEN 'tds_sync_logs' THEN 'timestamp' WHEN 'tds_metrics' THEN 'recorded_at' END;
	child regclass;
	dropped bigint := 0;
	deleted bigint;
BEGIN
	FOR child IN
		SELECT c.oid::regclass FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = wanted::regclass AND c.relname ~ '_[0-9]{8}$'
			AND (to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC' <= before
	LOOP
		EXECUTE format('DROP TABLE %s', child);
		dropped := dropped + 1;
	END LOOP;
	EXECUTE format('DELETE FROM %I WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$I WHERE %2$I < $1 LIMIT $2))', wanted || '_default', col) USING before, batch;
	GET DIAGNOSTICS deleted = ROW_COUNT;
	RETURN dropped + deleted;
END
$fn$;
SELECT tds_partitions_ahead();

SELECT tds_table('tds_audit_trail', $$
	id uuid PRIMARY KEY DEFAULT gen_random_uuid()
	organization_id text NOT NULL
	entity_type tds_entity_type -- null: an operation on TDS itself
	entity_id text
	operation text NOT NULL -- create, update, delete, upsert, or what was asked for (dead-letter retry, breaker reset, ...)
	old_value jsonb -- of the changed fields
	new_value jsonb
	changed_fields jsonb -- their names
	changed_by text
	change_source tds_source_type
	changed_at timestamptz NOT NULL DEFAULT now()
	sync_queue_id uuid
	sync_run_id uuid
	correlation_id text
	context jsonb
$$);
CREATE INDEX tds_audit_trail_record ON tds_audit_trail (organization_id, entity_type, entity_id, changed_at);
CREATE INDEX tds_audit_trail_changed ON tds_audit_trail (changed_at);

SELECT tds_table('tds_alerts', $$
	id uuid PRIMARY KEY DEFAULT gen_random_uuid()
	organization_id text NOT NULL
	alert_type text NOT NULL
	alert_key text -- what it is about; one active alert per key
	severity tds_alert_severity NOT NULL DEFAULT 'warning'
	title text NOT NULL
	message text NOT NULL DEFAULT ''
	entity_type tds_entity_type
	affected_count int
	threshold_value jsonb
	actual_value jsonb
	occurrences int NOT NULL DEFAULT 1
	is_active boolean NOT NULL DEFAULT true
	acknowledged boolean NOT NULL DEFAULT false
	acknowledged_at timestamptz
	acknowledged_by text
	resolved boolean NOT NULL DEFAULT false
	resolved_at timestamptz
	resolved_by text
	resolution_notes text
	triggered_at timestamptz NOT NULL DEFAULT now()
	last_triggered_at timestamptz NOT NULL DEFAULT now()
	delivered_at timestamptz -- null: still to be sent
	delivery_attempts int NOT NULL DEFAULT 0
	next_delivery_at timestamptz
	delivery_error text
	correlation_id text
	alert_metadata jsonb
$$);
CREATE UNIQUE INDEX tds_alerts_active ON tds_alerts (organization_id, alert_key) WHERE is_active AND alert_key IS NOT NULL;
CREATE INDEX tds_alerts_triggered ON tds_alerts (triggered_at);
-- Alerts of an older service were told to somebody, or never will be.
UPDATE tds_alerts SET delivered_at = triggered_at, last_triggered_at = triggered_at;

SELECT tds_table('tds_configuration', $$
	id uuid PRIMARY KEY DEFAULT gen_random_uuid()
	organization_id text NOT NULL
	config_key text NOT NULL
	config_value jsonb -- of a sensitive key: {"nonce", "data", "tag"}, AES-256-GCM, base64
	value_type text NOT NULL DEFAULT 'json'
	description text
	category text
	validation_schema jsonb
	is_sensitive boolean NOT NULL DEFAULT false
	is_active boolean NOT NULL DEFAULT true
	version int NOT NULL DEFAULT 1
	created_at timestamptz NOT NULL DEFAULT now()
	updated_at timestamptz NOT NULL DEFAULT now()
	updated_by text
$$);
CREATE UNIQUE INDEX tds_configuration_key ON tds_configuration (organization_id, config_key);
ALTER TABLE tds_configuration SET (fillfactor = 80);

-- Rows of a time without organisations wait for the first start that knows its own.
INSERT INTO tds_configuration (organization_id, config_key, config_value, category)
SELECT '', 'organization.pending', 'true', 'migration'
WHERE EXISTS (SELECT FROM tds_inbox_events WHERE organization_id = '') OR EXISTS (SELECT FROM tds_sync_queue WHERE organization_id = '')
	OR EXISTS (SELECT FROM tds_dead_letter_queue WHERE organization_id = '') OR EXISTS (SELECT FROM tds_sync_runs WHERE organization_id = '')
	OR EXISTS (SELECT FROM tds_sync_cursors WHERE organization_id = '') OR EXISTS (SELECT FROM tds_configuration WHERE organization_id = '')
	OR EXISTS (SELECT FROM tds_sync_logs WHERE organization_id = '') OR EXISTS (SELECT FROM tds_metrics WHERE organization_id = '')
	OR EXISTS (SELECT FROM tds_alerts WHERE organization_id = '') OR EXISTS (SELECT FROM tds_audit_trail WHERE organization_id = '');

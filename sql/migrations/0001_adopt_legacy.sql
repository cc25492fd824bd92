-- The ground that the other migrations stand on: the enums, and tds_table(), which creates a table or brings an older one of the
-- same name to the wanted columns. A hand-made tds_* schema of the former service is brought along in place; its rows,
-- extra columns and views stay.

-- Views of somebody else's that stand on a table, deepest last; they are in the way of ALTER COLUMN ... TYPE.
CREATE FUNCTION tds_views_on(wanted regclass)
RETURNS TABLE (depth int, oid oid, name text, kind text, definition text) LANGUAGE sql STABLE AS $fn$
	WITH RECURSIVE over (oid, depth) AS (
		SELECT wanted::oid, 0
		UNION
		SELECT r.ev_class, over.depth + 1
		FROM over
		JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = over.oid AND d.classid = 'pg_rewrite'::regclass
		JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> over.oid
	)
	SELECT max(over.depth), c.oid, format('%I.%I', n.nspname, c.relname),
		CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, pg_get_viewdef(c.oid)
	FROM over
	JOIN pg_class c ON c.oid = over.oid
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE over.depth > 0
	GROUP BY c.oid, n.nspname, c.relname, c.relkind
	ORDER BY 1
$fn$;

-- Recreates a dropped view; where a column became text, once more with its enum literals as text.
CREATE FUNCTION tds_view_restore(name text, kind text, definition text) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
	EXECUTE format('CREATE %s %s AS %s', kind, name, definition);
EXCEPTION WHEN undefined_function OR undefined_column OR datatype_mismatch THEN
	BEGIN
		EXECUTE format('CREATE %s %s AS %s', kind, name, regexp_replace(definition, '::(\w+\.)?tds_(event_status|source_type)', '::text', 'g'));
	EXCEPTION WHEN undefined_function OR undefined_column OR datatype_mismatch THEN
		RAISE WARNING '% % does not fit the migrated tables and is gone; it was: %', lower(kind), name, definition;
	END;
END
$fn$;

-- One column of an existing table that is ours: the wanted type, default and nullability. `rest` is what follows the type.
CREATE FUNCTION tds_column(wanted regclass, col text, type regtype, rest text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
	have pg_attribute;
	def text := substring(rest FROM '(?<!BY )DEFAULT (.*)$');
	how text := CASE WHEN type::text LIKE '%tds\_%' THEN 'lower(%I::text)::%s' ELSE '%I::text::%s' END;
BEGIN
	SELECT * INTO have FROM pg_attribute WHERE attrelid = wanted AND attname = col AND NOT attisdropped;
	IF have.atttypid <> type OR have.atttypmod <> -1 THEN
		EXECUTE format('ALTER TABLE %s ALTER %I DROP DEFAULT, ALTER %2$I TYPE %s USING ' || replace(how, '%I', quote_ident(col)), wanted, col, type, type);
	END IF;
	IF def IS NOT NULL THEN
		EXECUTE format('ALTER TABLE %s ALTER %I SET DEFAULT %s', wanted, col, def);
	ELSIF have.atthasdef THEN
		EXECUTE format('ALTER TABLE %s ALTER %I DROP DEFAULT', wanted, col);
	END IF;
	IF rest LIKE '%NOT NULL%' AND NOT have.attnotnull THEN
		EXECUTE format('UPDATE %s SET %I = %s WHERE %2$I IS NULL', wanted, col, coalesce(def, ''''''));
		EXECUTE format('ALTER TABLE %s ALTER %I SET NOT NULL', wanted, col);
	ELSIF rest NOT LIKE '%NOT NULL%' AND rest NOT LIKE '%PRIMARY KEY%' AND have.attnotnull THEN
		EXECUTE format('ALTER TABLE %s ALTER %I DROP NOT NULL', wanted, col);
	END IF;
END
$fn$;

-- Creates the table, or adds what it lacks. `columns` is one column a line, "name type [NOT NULL | PRIMARY KEY] [DEFAULT x], -- comment",
-- its type one word; the comments become the columns'. `ours`: existing columns are changed to what is wanted; else
-- (tables of the ERP) they are left as they are. True when it was created.
CREATE FUNCTION tds_table(wanted text, columns text, ours boolean DEFAULT true) RETURNS boolean LANGUAGE plpgsql AS $fn$
DECLARE
	fresh boolean := to_regclass(quote_ident(wanted)) IS NULL;
	line text[];
	v record;
	views jsonb := '[]';
BEGIN
	IF fresh THEN
		EXECUTE format('CREATE TABLE %I ()', wanted);
	ELSIF ours THEN
		FOR v IN SELECT * FROM tds_views_on(wanted::regclass) ORDER BY depth DESC LOOP
			views := jsonb_build_array(to_jsonb(v)) || views;
			EXECUTE format('DROP %s %s', v.kind, v.name);
		END LOOP;
	END IF;
	FOR line IN SELECT regexp_match(l, '^\s*(\w+)\s+([a-z0-9_]+(?:\[\])?)\s*(.*?),?\s*(?:--\s*(.*))?$') FROM regexp_split_to_table(columns, '\n') l LOOP
		CONTINUE WHEN line IS NULL;
		IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = wanted::regclass AND attname = line[1] AND NOT attisdropped) THEN
			-- Rows of a time without organisations get '' until tds_adopt_organization() knows better.
			EXECUTE format('ALTER TABLE %I ADD COLUMN %I %s %s', wanted, line[1], line[2],
				line[3] || CASE WHEN line[1] = 'organization_id' AND NOT fresh AND ours THEN ' DEFAULT ''''' ELSE '' END);
			IF line[1] = 'organization_id' AND NOT fresh AND ours THEN
				EXECUTE format('ALTER TABLE %I ALTER organization_id DROP DEFAULT', wanted);
			END IF;
			IF line[4] IS NOT NULL THEN
				EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', wanted, line[1], line[4]);
			END IF;
		ELSIF ours THEN
			PERFORM tds_column(wanted::regclass, line[1], line[2]::regtype, line[3]);
		END IF;
	END LOOP;
	IF ours THEN -- columns that only the former service filled
		FOR v IN
			SELECT attname FROM pg_attribute
			WHERE attrelid = wanted::regclass AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = ''
				AND columns !~ format('(^|\n)\s*%s\s', attname)
		LOOP
			EXECUTE format('ALTER TABLE %I ALTER %I DROP NOT NULL', wanted, v.attname);
		END LOOP;
	END IF;
	PERFORM tds_view_restore(e ->> 'name', e ->> 'kind', e ->> 'definition') FROM jsonb_array_elements(views) e;
	RETURN fresh;
END
$fn$;

-- Creates an enum, or renames an older one's upper-case labels and adds the missing. (A label added here can be used
-- from the next migration on.)
CREATE FUNCTION tds_enum(wanted text, VARIADIC labels text[]) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
	label text;
BEGIN
	IF to_regtype(quote_ident(wanted)) IS NULL THEN
		EXECUTE format('CREATE TYPE %I AS ENUM (%s)', wanted, (SELECT string_agg(quote_literal(l), ', ' ORDER BY n) FROM unnest(labels) WITH ORDINALITY u(l, n)));
		RETURN;
	END IF;
	FOR label IN
		SELECT enumlabel FROM pg_enum e
		WHERE enumtypid = wanted::regtype AND enumlabel <> lower(enumlabel)
			AND NOT EXISTS (SELECT FROM pg_enum o WHERE o.enumtypid = e.enumtypid AND o.enumlabel = lower(e.enumlabel))
	LOOP
		EXECUTE format('ALTER TYPE %I RENAME VALUE %L TO %L', wanted, label, lower(label));
	END LOOP;
	FOREACH label IN ARRAY labels LOOP
		EXECUTE format('ALTER TYPE %I ADD VALUE IF NOT EXISTS %L', wanted, label);
	END LOOP;
END
$fn$;

SELECT tds_enum('tds_event_status', 'pending', 'processing', 'completed', 'failed', 'retry', 'dead_letter');
SELECT tds_enum('tds_source_type', 'zoho', 'manual', 'scheduled', 'reconciliation');
SELECT tds_enum('tds_entity_type', 'product', 'customer', 'vendor', 'invoice', 'bill', 'credit_note', 'stock_adjustment',
	'price_list', 'branch', 'user', 'order', 'payment', 'return');
SELECT tds_enum('tds_alert_severity', 'info', 'warning', 'error', 'critical');
SELECT tds_enum('tds_operation_type', 'create', 'update', 'delete', 'upsert');

-- An older schema: no foreign keys between the tds_ tables (each has its own retention), no checks of the former service,
-- none of its indexes (a row cost fifteen of them), no key that leaves the organisation out. Keys that stay are made
-- anew where they belong.
DO $$
DECLARE
	ours oid[] := ARRAY(SELECT oid FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relname IN (
		'tds_inbox_events', 'tds_sync_queue', 'tds_sync_runs', 'tds_sync_logs', 'tds_dead_letter_queue', 'tds_sync_cursors',
		'tds_audit_trail', 'tds_alerts', 'tds_configuration', 'tds_metrics'));
	c record;
BEGIN
	FOR c IN
		SELECT conrelid::regclass AS tab, conname FROM pg_constraint
		WHERE conrelid = ANY (ours) AND (contype IN ('c', 'u') OR contype = 'f' AND confrelid = ANY (ours))
	LOOP
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.tab, c.conname);
	END LOOP;
	FOR c IN
		SELECT indexrelid::regclass AS idx FROM pg_index WHERE indrelid = ANY (ours) AND NOT indisprimary
	LOOP
		EXECUTE format('DROP INDEX %s', c.idx);
	END LOOP;
END
$$;

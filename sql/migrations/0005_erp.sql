-- The ERP tables of the default mapping: made where they are missing; a table that is there already keeps its columns, types and
-- constraints and gets those it lacks, all nullable or with a default, so that the ERP's own statements go on working.

-- What the id column of a table is (an ERP's own may be an integer), for columns that refer to it.
CREATE FUNCTION tds_id_type(wanted text) RETURNS text LANGUAGE sql STABLE AS $fn$
	SELECT coalesce((SELECT format_type(atttypid, atttypmod) FROM pg_attribute
		WHERE attrelid = to_regclass(quote_ident(wanted)) AND attname = 'id' AND NOT attisdropped), 'uuid')
$fn$;

-- An index on (organization_id, columns), unique where the rows allow it.
CREATE FUNCTION tds_erp_key(wanted text, columns text) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
	EXECUTE format('CREATE UNIQUE INDEX IF NOT EXISTS %I ON %I (organization_id, %s)', wanted || '_zoho_key', wanted, columns);
EXCEPTION WHEN unique_violation THEN
	RAISE WARNING 'table %: several rows have the same %; the key is made without being unique', wanted, columns;
	EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (organization_id, %s)', wanted || '_zoho_key', wanted, columns);
END
$fn$;

-- A table of records: `key` is Zoho's id. A view or foreign table of that name is left alone: mapping it is configuration.
CREATE FUNCTION tds_erp_table(wanted text, key text, columns text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
	fresh boolean;
	filled boolean;
BEGIN
	IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(quote_ident(wanted)) AND relkind NOT IN ('r', 'p')) THEN
		RETURN;
	END IF;
	fresh := tds_table(wanted, 'id uuid NOT NULL DEFAULT gen_random_uuid()
		organization_id text NOT NULL DEFAULT ''''' || E'\n' || key || ' text' || E'\n' || columns || '
		is_active boolean NOT NULL DEFAULT true
		deleted_at timestamptz
		zoho_last_modified timestamptz
		last_synced timestamptz
		created_at timestamptz NOT NULL DEFAULT now()
		updated_at timestamptz NOT NULL DEFAULT now()', false);
	IF fresh THEN
		EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id), ALTER %I SET NOT NULL, ALTER organization_id DROP DEFAULT', wanted, key);
	ELSE
		EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE organization_id = '''')', wanted) INTO filled;
		IF filled THEN
			INSERT INTO tds_configuration (organization_id, config_key, config_value, category)
			VALUES ('', 'organization.pending', 'true', 'migration') ON CONFLICT DO NOTHING;
		END IF;
	END IF;
	PERFORM tds_erp_key(wanted, key);
EXCEPTION WHEN insufficient_privilege THEN
	RAISE WARNING 'table %: left as it is, this role may not change it (%)', wanted, SQLERRM;
END
$fn$;

-- A table of lines: they go with their parent, and are kept while their product isn't there yet.
CREATE FUNCTION tds_erp_lines(wanted text, parent text, parent_key text, parent_id text, columns text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
	fresh boolean;
BEGIN
	IF EXISTS (SELECT FROM pg_class WHERE oid IN (to_regclass(quote_ident(wanted)), to_regclass(quote_ident(parent))) AND relkind NOT IN ('r', 'p')) THEN
		RETURN;
	END IF;
	fresh := tds_table(wanted, format('id uuid NOT NULL DEFAULT gen_random_uuid()
		organization_id text NOT NULL DEFAULT ''''
		%s text
		zoho_line_item_id text
		line_number int
		zoho_item_id text', parent_key) || E'\n' || columns || '
		created_at timestamptz NOT NULL DEFAULT now()', false);
	EXECUTE format('ALTER TABLE %I ADD COLUMN IF NOT EXISTS product_id %s', wanted, tds_id_type('products'));
	IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = wanted::regclass AND attname = parent_id AND NOT attisdropped) THEN
		EXECUTE format('ALTER TABLE %I ADD COLUMN %I %s', wanted, parent_id, tds_id_type(parent));
		IF EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'id'
			WHERE i.indrelid = parent::regclass AND i.indisunique AND i.indpred IS NULL AND i.indnatts = 1 AND i.indkey[0] = a.attnum) THEN
			EXECUTE format('ALTER TABLE %I ADD FOREIGN KEY (%I) REFERENCES %I (id) ON DELETE CASCADE', wanted, parent_id, parent);
		END IF;
	END IF;
	IF fresh THEN
		EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id), ALTER organization_id DROP DEFAULT, ALTER %I SET NOT NULL, ALTER %I SET NOT NULL', wanted, parent_key, parent_id);
	END IF;
	EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (%I)', wanted || '_parent', wanted, parent_id);
	EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (organization_id, zoho_item_id) WHERE product_id IS NULL', wanted || '_unlinked', wanted);
EXCEPTION WHEN insufficient_privilege THEN
	RAISE WARNING 'table %: left as it is, this role may not change it (%)', wanted, SQLERRM;
END
$fn$;

SELECT tds_erp_table('products', 'zoho_item_id', $$
	name text
	name_ar text
	sku text
	description text
	price numeric -- rate
	cost_price numeric -- purchase_rate
	stock_quantity numeric -- stock_on_hand
	actual_available_stock numeric
	category text
	brand text
	manufacturer text
	unit_of_measure text
	item_type text
	reorder_level numeric
	tax_percentage numeric
	is_taxable boolean
	is_trackable boolean
	image_url text
	image_name text
$$);

SELECT tds_erp_table('customers', 'zoho_contact_id', $$
	contact_name text
	company_name text
	email text
	phone text
	mobile text
	currency_code text
	outstanding_receivable numeric
	credit_limit numeric
	payment_terms text
	billing_address jsonb
	shipping_address jsonb
	price_list_zoho_id text
	salesperson_zoho_id text
	status text
$$);

SELECT tds_erp_table('vendors', 'zoho_vendor_id', $$
	vendor_name text
	company_name text
	email text
	phone text
	currency_code text
	payment_terms text
	billing_address jsonb
	shipping_address jsonb
	outstanding_payable numeric
	status text
$$);

SELECT tds_erp_table('invoices', 'zoho_invoice_id', format($$
	invoice_number text
	zoho_customer_id text
	customer_id %s -- the row in customers, once it is there
	customer_name text
	invoice_date date
	due_date date
	sub_total numeric
	discount_total numeric
	tax_total numeric
	shipping_charge numeric
	adjustment numeric
	total numeric
	balance numeric
	status text
	currency_code text
	exchange_rate numeric
	salesperson_zoho_id text
	salesperson_name text
	reference_number text
	notes text
	zoho_data jsonb -- the record as Zoho sent it
$$, tds_id_type('customers')));
SELECT tds_erp_lines('invoice_line_items', 'invoices', 'zoho_invoice_id', 'invoice_id', $$
	name text
	description text
	unit text
	quantity numeric
	unit_price numeric
	discount text -- an amount, or "10.00%"
	discount_amount numeric
	tax_name text
	tax_percentage numeric
	tax numeric
	line_total numeric
$$);

SELECT tds_erp_table('sales_orders', 'zoho_salesorder_id', format($$
	order_number text
	zoho_customer_id text
	customer_id %s -- the row in customers, once it is there
	customer_name text
	order_date date
	shipment_date date
	status text
	invoiced_status text
	paid_status text
	shipped_status text
	sub_total numeric
	discount_total numeric
	tax_total numeric
	shipping_charge numeric
	adjustment numeric
	total numeric
	currency_code text
	exchange_rate numeric
	salesperson_zoho_id text
	salesperson_name text
	reference_number text
	notes text
	zoho_data jsonb -- the record as Zoho sent it
$$, tds_id_type('customers')));
SELECT tds_erp_lines('sales_items', 'sales_orders', 'zoho_salesorder_id', 'sales_order_id', $$
	name text
	description text
	unit text
	quantity numeric
	quantity_invoiced numeric
	quantity_shipped numeric
	unit_price numeric
	discount text -- an amount, or "10.00%"
	discount_amount numeric
	tax_name text
	tax_percentage numeric
	tax numeric
	line_total numeric
$$);

-- Gives rows of a time without organisations to `organization`, the only one there was. Called at every start; does
-- nothing unless a migration left word. A cursor, setting or record that the organisation has already stays as it is.
CREATE FUNCTION tds_adopt_organization(organization text) RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
	t record;
	n bigint;
	total bigint := 0;
BEGIN
	DELETE FROM tds_configuration WHERE organization_id = '' AND config_key = 'organization.pending';
	IF NOT FOUND OR organization = '' THEN
		RETURN 0;
	END IF;
	DELETE FROM tds_sync_cursors f USING tds_sync_cursors o WHERE f.organization_id = '' AND o.organization_id = organization
		AND o.source_type = f.source_type AND o.entity_type = f.entity_type;
	DELETE FROM tds_configuration f USING tds_configuration o WHERE f.organization_id = '' AND o.organization_id = organization
		AND o.config_key = f.config_key;
	FOR t IN
		SELECT c.oid::regclass AS tab, c.relname LIKE 'tds\_%' AS ours FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND a.atttypid = 'text'::regtype AND NOT a.attisdropped
		WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			AND (c.relname LIKE 'tds\_%' OR EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = c.oid AND d.adnum = a.attnum AND pg_get_expr(d.adbin, d.adrelid) = '''''::text'))
	LOOP
		EXECUTE format('UPDATE %s SET organization_id = $1 WHERE organization_id = ''''', t.tab) USING organization;
		GET DIAGNOSTICS n = ROW_COUNT;
		total := total + n;
		IF NOT t.ours THEN -- the ERP's own inserts don't know about organisations
			EXECUTE format('ALTER TABLE %s ALTER organization_id SET DEFAULT %L', t.tab, organization);
		END IF;
	END LOOP;
	RETURN total;
END
$fn$;

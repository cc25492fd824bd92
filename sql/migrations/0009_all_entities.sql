-- The ERP tables of the entities that came later, stock by location and prices by list; made as those in 0005.

-- What a list said last of a record, kept over what its detail says: whether that is to be fetched anew.
ALTER TABLE tds_entity_state ADD COLUMN IF NOT EXISTS seen_hash bigint;

-- A table of rows that stand inside a record and aren't its document's lines; `key`: the columns that name one, or NULL.
CREATE FUNCTION tds_erp_parts(wanted text, parent text, parent_key text, parent_id text, key text, columns text) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
	fresh boolean;
BEGIN
	IF EXISTS (SELECT FROM pg_class WHERE oid IN (to_regclass(quote_ident(wanted)), to_regclass(quote_ident(parent))) AND relkind NOT IN ('r', 'p')) THEN
		RETURN;
	END IF;
	fresh := tds_table(wanted, format('id uuid NOT NULL DEFAULT gen_random_uuid()
		organization_id text NOT NULL DEFAULT ''''
		%s text', parent_key) || E'\n' || columns || '
		created_at timestamptz NOT NULL DEFAULT now()', false);
	IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = wanted::regclass AND attname = parent_id AND NOT attisdropped) THEN
		EXECUTE format('ALTER TABLE %I ADD COLUMN %I %s', wanted, parent_id, tds_id_type(parent));
	END IF;
	IF fresh THEN
		EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id), ALTER organization_id DROP DEFAULT, ALTER %I SET NOT NULL', wanted, parent_key);
		IF EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'id'
			WHERE i.indrelid = parent::regclass AND i.indisunique AND i.indpred IS NULL AND i.indnatts = 1 AND i.indkey[0] = a.attnum) THEN
			EXECUTE format('ALTER TABLE %I ADD FOREIGN KEY (%I) REFERENCES %I (id) ON DELETE CASCADE', wanted, parent_id, parent);
		END IF;
	END IF;
	EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (%I)', wanted || '_parent', wanted, parent_id);
	IF key IS NOT NULL THEN
		PERFORM tds_erp_key(wanted, key);
	END IF;
EXCEPTION WHEN insufficient_privilege THEN
	RAISE WARNING 'table %: left as it is, this role may not change it (%)', wanted, SQLERRM;
END
$fn$;

-- Rows that wait for the record that `column` refers to.
CREATE FUNCTION tds_erp_waiting(wanted text, key text, waits text) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
	EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (organization_id, %I) WHERE %I IS NULL', wanted || '_' || waits || '_unlinked', wanted, key, waits);
EXCEPTION WHEN insufficient_privilege OR undefined_table OR undefined_column OR wrong_object_type THEN
	RAISE WARNING 'table %: no index for rows that wait for % (%)', wanted, waits, SQLERRM;
END
$fn$;

SELECT tds_erp_table('price_lists', 'zoho_price_list_id', $$
	code text
	name text
	name_ar text
	description text
	currency_code text
	kind text -- fixed_percentage, per_item
	pricing_scheme text -- unit, volume
	percentage numeric
	is_increase boolean
	rounding text
	sales_or_purchase text
	is_default boolean
	status text
$$);
SELECT tds_erp_parts('product_prices', 'price_lists', 'zoho_price_list_id', 'price_list_id', 'zoho_price_list_id, zoho_item_id, minimum_quantity', format($$
	zoho_item_id text
	product_id %s -- the row in products, once it is there
	zoho_price_id text
	price numeric
	discount_percentage numeric
	minimum_quantity numeric NOT NULL DEFAULT 1
	maximum_quantity numeric
	currency_code text
$$, tds_id_type('products')));
SELECT tds_erp_waiting('product_prices', 'zoho_item_id', 'product_id');
SELECT tds_erp_table('customers', 'zoho_contact_id', format('price_list_id %s -- the row in price_lists, once it is there', tds_id_type('price_lists')));
SELECT tds_erp_waiting('customers', 'price_list_zoho_id', 'price_list_id');

SELECT tds_erp_parts('product_stock', 'products', 'zoho_item_id', 'product_id', 'zoho_item_id, zoho_location_id', $$
	zoho_location_id text
	location_name text
	stock_on_hand numeric
	available_stock numeric
	committed_stock numeric
	actual_available_stock numeric
$$);

SELECT tds_erp_table('bills', 'zoho_bill_id', format($$
	bill_number text
	zoho_vendor_id text
	vendor_id %s -- the row in vendors, once it is there
	vendor_name text
	bill_date date
	due_date date
	sub_total numeric
	discount_total numeric
	tax_total numeric
	adjustment numeric
	total numeric
	balance numeric
	status text
	currency_code text
	exchange_rate numeric
	reference_number text
	notes text
	zoho_data jsonb -- the record as Zoho sent it
$$, tds_id_type('vendors')));
SELECT tds_erp_lines('bill_line_items', 'bills', 'zoho_bill_id', 'bill_id', $$
	name text
	description text
	account_name text
	unit text
	quantity numeric
	quantity_received numeric
	unit_price numeric
	discount text -- an amount, or "10.00%"
	tax_name text
	tax_percentage numeric
	line_total numeric
$$);
SELECT tds_erp_waiting('bills', 'zoho_vendor_id', 'vendor_id');

SELECT tds_erp_table('credit_notes', 'zoho_creditnote_id', format($$
	creditnote_number text
	zoho_customer_id text
	customer_id %s -- the row in customers, once it is there
	customer_name text
	zoho_invoice_id text
	invoice_id %s -- the row in invoices, once it is there
	creditnote_date date
	sub_total numeric
	tax_total numeric
	shipping_charge numeric
	adjustment numeric
	total numeric
	balance numeric
	status text
	reason text
	currency_code text
	exchange_rate numeric
	salesperson_zoho_id text
	salesperson_name text
	reference_number text
	zoho_data jsonb -- the record as Zoho sent it
$$, tds_id_type('customers'), tds_id_type('invoices')));
SELECT tds_erp_lines('credit_note_line_items', 'credit_notes', 'zoho_creditnote_id', 'credit_note_id', $$
	name text
	description text
	unit text
	quantity numeric
	unit_price numeric
	discount text -- an amount, or "10.00%"
	discount_amount numeric
	tax_name text
	tax_percentage numeric
	line_total numeric
$$);
SELECT tds_erp_waiting('credit_notes', 'zoho_customer_id', 'customer_id'), tds_erp_waiting('credit_notes', 'zoho_invoice_id', 'invoice_id');

SELECT tds_erp_table('invoice_payments', 'zoho_payment_id', format($$
	payment_number text
	zoho_customer_id text
	customer_id %s -- the row in customers, once it is there
	customer_name text
	payment_date date
	amount numeric
	unused_amount numeric
	bank_charges numeric
	payment_mode text
	status text
	reference_number text
	description text
	account_zoho_id text
	account_name text
	currency_code text
	exchange_rate numeric
	zoho_data jsonb -- the record as Zoho sent it
$$, tds_id_type('customers')));
SELECT tds_erp_parts('payment_allocations', 'invoice_payments', 'zoho_payment_id', 'payment_id', NULL, format($$
	line_number int
	zoho_allocation_id text
	zoho_invoice_id text
	invoice_id %s -- the row in invoices, once it is there
	invoice_number text
	amount_applied numeric
	tax_withheld numeric
	discount_amount numeric
	applied_on date
$$, tds_id_type('invoices')));
SELECT tds_erp_waiting('invoice_payments', 'zoho_customer_id', 'customer_id'), tds_erp_waiting('payment_allocations', 'zoho_invoice_id', 'invoice_id');

SELECT tds_erp_table('sales_returns', 'zoho_salesreturn_id', format($$
	return_number text
	zoho_salesorder_id text
	sales_order_id %s -- the row in sales_orders, once it is there
	order_number text
	zoho_customer_id text
	customer_id %s -- the row in customers, once it is there
	customer_name text
	return_date date
	status text
	receive_status text
	refund_status text
	reason text
	quantity numeric
	refunded_amount numeric
	zoho_location_id text
	zoho_data jsonb -- the record as Zoho sent it
$$, tds_id_type('sales_orders'), tds_id_type('customers')));
SELECT tds_erp_lines('sales_return_items', 'sales_returns', 'zoho_salesreturn_id', 'sales_return_id', $$
	zoho_salesorder_item_id text
	name text
	description text
	unit text
	quantity numeric
	quantity_not_received numeric
	unit_price numeric
$$);
SELECT tds_erp_waiting('sales_returns', 'zoho_salesorder_id', 'sales_order_id'), tds_erp_waiting('sales_returns', 'zoho_customer_id', 'customer_id');

SELECT tds_erp_table('stock_adjustments', 'zoho_adjustment_id', $$
	adjustment_date date
	reason text
	description text
	reference_number text
	adjustment_type text -- quantity, value
	status text
	zoho_location_id text
	location_name text
	total numeric
	zoho_data jsonb -- the record as Zoho sent it
$$);
SELECT tds_erp_lines('stock_adjustment_lines', 'stock_adjustments', 'zoho_adjustment_id', 'stock_adjustment_id', $$
	name text
	description text
	unit text
	quantity_adjusted numeric -- signed
	value numeric
	account_name text
	zoho_location_id text
$$);

SELECT tds_erp_table('branches', 'zoho_branch_id', $$
	name text
	code text
	address jsonb
	email text
	phone text
	kind text
	parent_zoho_id text
	is_primary boolean
	status text
$$);

SELECT tds_erp_table('zoho_users', 'zoho_user_id', $$
	name text
	email text
	role text
	user_type text
	phone text
	status text
$$);

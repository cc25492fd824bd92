-- Documents that came before their customer: found by the customer's arrival, so their share alone is indexed.
CREATE INDEX IF NOT EXISTS invoices_unlinked ON invoices (organization_id, zoho_customer_id) WHERE customer_id IS NULL;
CREATE INDEX IF NOT EXISTS sales_orders_unlinked ON sales_orders (organization_id, zoho_customer_id) WHERE customer_id IS NULL;

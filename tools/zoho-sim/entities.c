/* Owns the table of entities: what Zoho calls them, where they are served, how they sort and what of them changes. */
#include "entities.h"

#include <string.h>

#define ACTIVE "active|inactive"

static const struct changeable item_changes[] = {
	{"name", CHANGE_TEXT, NULL},
	{"description", CHANGE_TEXT, NULL},
	{"rate", CHANGE_MONEY, NULL},
	{"purchase_rate", CHANGE_MONEY, NULL},
	{"status", CHANGE_WORD, ACTIVE},
	{"unit", CHANGE_WORD, "pcs|box|m|kg|set"},
	{"stock_on_hand", CHANGE_STOCK, NULL},
	{"brand", CHANGE_TEXT, NULL},
	{0},
};
static const struct changeable contact_changes[] = {
	{"contact_name", CHANGE_TEXT, NULL},
	{"company_name", CHANGE_TEXT, NULL},
	{"notes", CHANGE_TEXT, NULL},
	{"status", CHANGE_WORD, ACTIVE},
	{"payment_terms", CHANGE_WORD, NULL},
	{"outstanding_receivable_amount", CHANGE_MONEY, NULL},
	{0},
};
static const struct changeable sale_changes[] = {
	{"reference_number", CHANGE_TEXT, NULL},
	{"notes", CHANGE_TEXT, NULL},
	{"status", CHANGE_WORD, "draft|sent|overdue|void"},
	{"due_date", CHANGE_DATE, NULL},
	{"line_items", CHANGE_LINES, NULL},
	{"is_emailed", CHANGE_FLAG, NULL},
	{0},
};
static const struct changeable order_changes[] = {
	{"reference_number", CHANGE_TEXT, NULL},
	{"notes", CHANGE_TEXT, NULL},
	{"status", CHANGE_WORD, "draft|open|confirmed|fulfilled|void|onhold"},
	{"shipment_date", CHANGE_DATE, NULL},
	{"line_items", CHANGE_LINES, NULL},
	{0},
};
static const struct changeable bill_changes[] = {
	{"reference_number", CHANGE_TEXT, NULL},
	{"notes", CHANGE_TEXT, NULL},
	{"status", CHANGE_WORD, "draft|open|overdue|void"},
	{"due_date", CHANGE_DATE, NULL},
	{"line_items", CHANGE_LINES, NULL},
	{0},
};
static const struct changeable credit_changes[] = {
	{"reference_number", CHANGE_TEXT, NULL},
	{"notes", CHANGE_TEXT, NULL},
	{"status", CHANGE_WORD, "draft|open|closed|void"},
	{"line_items", CHANGE_LINES, NULL},
	{0},
};
static const struct changeable payment_changes[] = {
	{"reference_number", CHANGE_TEXT, NULL},
	{"description", CHANGE_TEXT, NULL},
	{"payment_mode", CHANGE_WORD, "cash|check|banktransfer|creditcard|zaincash"},
	{0},
};
static const struct changeable return_changes[] = {
	{"reason", CHANGE_TEXT, NULL},
	{"salesreturn_status", CHANGE_WORD, "draft|approved|closed"},
	{"receive_status", CHANGE_WORD, "pending|received|partially_received"},
	{0},
};
static const struct changeable adjustment_changes[] = {
	{"reason", CHANGE_TEXT, NULL}, {"description", CHANGE_TEXT, NULL}, {0}};
static const struct changeable price_list_changes[] = {
	{"name", CHANGE_TEXT, NULL}, {"description", CHANGE_TEXT, NULL}, {"pricebook_items", CHANGE_LINES, NULL}, {0}};
static const struct changeable branch_changes[] = {
	{"location_name", CHANGE_TEXT, NULL}, {"phone", CHANGE_TEXT, NULL}, {"status", CHANGE_WORD, ACTIVE}, {0}};
static const struct changeable user_changes[] = {{"name", CHANGE_TEXT, NULL},
	{"user_role", CHANGE_WORD, "admin|staff|sales"}, {"status", CHANGE_WORD, ACTIVE}, {0}};

const struct entity entities[ENTITY_COUNT] = {
	[PRODUCT] = {"product", "products", "item", "item_id", NULL, "Item", item_groups, item_changes, 2221, "items"},
	[CUSTOMER] = {"customer", "customers", "contact", "contact_id", NULL, "Contact", contact_groups,
		contact_changes, 2503, "customers"},
	[VENDOR] = {"vendor", "vendors", "contact", "contact_id", NULL, "Contact", contact_groups, contact_changes, 81,
		"vendors"},
	[BRANCH] = {"branch", "branches", "location", "location_id", NULL, "Location", branch_groups, branch_changes, 4,
		"locations"},
	[USER] = {"user", "users", "user", "user_id", NULL, "User", user_groups, user_changes, 12, "users"},
	[PRICE_LIST] = {"price_list", "prices", "pricebook", "pricebook_id", NULL, "Price list", price_list_groups,
		price_list_changes, 7, "price-lists"},
	[ORDER] = {"order", "orders", "salesorder", "salesorder_id", "salesorder_number", "Sales Order", order_groups,
		order_changes, 1500, "orders"},
	[INVOICE] = {"invoice", "invoices", "invoice", "invoice_id", "invoice_number", "Invoice", invoice_groups,
		sale_changes, 1200, "invoices"},
	[BILL] = {"bill", "bills", "bill", "bill_id", "bill_number", "Bill", bill_groups, bill_changes, 300, "bills"},
	[CREDIT_NOTE] = {"credit_note", "credit-notes", "creditnote", "creditnote_id", "creditnote_number",
		"Credit Note", credit_note_groups, credit_changes, 80, "credit-notes"},
	[PAYMENT] = {"payment", "payments", "payment", "payment_id", "payment_number", "Payment", payment_groups,
		payment_changes, 900, "payments"},
	[RETURN] = {"return", "returns", "salesreturn", "salesreturn_id", "salesreturn_number", "Sales Return",
		return_groups, return_changes, 60, "returns"},
	[STOCK_ADJUSTMENT] = {"stock_adjustment", "stock", "inventory_adjustment", "inventory_adjustment_id", NULL,
		"Inventory Adjustment", adjustment_groups, adjustment_changes, 50, "adjustments"},
};

#define CONTACT_SORTS                                                                                                  \
	"contact_name first_name last_name email outstanding_receivable_amount created_time last_modified_time"
#define INVOICE_SORTS                                                                                                  \
	"customer_name invoice_number reference_number date due_date total balance created_time last_modified_time"
#define ORDER_SORTS                                                                                                    \
	"customer_name salesorder_number reference_number shipment_date date total created_time last_modified_time"
#define BILL_SORTS "vendor_name bill_number date due_date total balance created_time last_modified_time"
#define CREDIT_SORTS "customer_name creditnote_number balance total date created_time last_modified_time"
#define PAYMENT_SORTS "payment_number customer_name date amount payment_mode reference_number"

const struct resource resources[] = {
	{"items", "items", true, true, PRODUCT, PRODUCT, true, true, false, "Items", "Status", "name sku rate tax_name",
		"name", false},
	{"contacts", "contacts", true, true, CUSTOMER, VENDOR, true, true, false, "Contacts", "Status", CONTACT_SORTS,
		"contact_name", false},
	{"invoices", "invoices", true, true, INVOICE, INVOICE, true, true, true, "Invoices", "Status", INVOICE_SORTS,
		"created_time", true},
	{"salesorders", "salesorders", true, true, ORDER, ORDER, true, true, true, "Sales Orders", "Status",
		ORDER_SORTS, "created_time", true},
	{"bills", "bills", true, true, BILL, BILL, true, true, true, "Bills", "Status", BILL_SORTS, "created_time",
		true},
	{"creditnotes", "creditnotes", true, true, CREDIT_NOTE, CREDIT_NOTE, true, true, true, "Credit Notes", "Status",
		CREDIT_SORTS, "created_time", true},
	{"customerpayments", "customerpayments", true, true, PAYMENT, PAYMENT, true, true, false, "Payments Received",
		"PaymentMode", PAYMENT_SORTS, "date", true},
	{"salesreturns", "salesreturns", false, true, RETURN, RETURN, true, true, false, "Sales Returns", "Status",
		"date", "date", true},
	{"inventoryadjustments", "inventory_adjustments", false, true, STOCK_ADJUSTMENT, STOCK_ADJUSTMENT, true, true,
		false, "Inventory Adjustments", "Status", "date", "date", true},
	{"pricebooks", "pricebooks", true, true, PRICE_LIST, PRICE_LIST, true, true, false, "Price Lists", "Status",
		"name", "name", false},
	{"locations", "locations", true, true, BRANCH, BRANCH, false, false, false, "Locations", "Status", "", "",
		false},
	{"branches", "branches", true, true, BRANCH, BRANCH, false, false, false, "Branches", "Status", "", "", false},
	{"settings/warehouses", "warehouses", true, true, BRANCH, BRANCH, false, false, false, "Warehouses", "Status",
		"", "", false},
	{"users", "users", true, true, USER, USER, true, true, false, "Users", "Status", "name", "name", false},
};
const size_t resource_count = sizeof resources / sizeof *resources;

static struct field *fields[ENTITY_COUNT];

void entities_init(void)
{
	size_t i;

	for (i = 0; i < ENTITY_COUNT; i++)
		fields[i] = fields_expand(entities[i].groups);
}

const struct entity *entity_by_name(const char *name)
{
	size_t i;

	for (i = 0; i < ENTITY_COUNT; i++) {
		if (!strcmp(entities[i].name, name))
			return &entities[i];
	}
	return NULL;
}

const struct field *entity_fields(const struct entity *entity)
{
	return fields[entity_index(entity)];
}

enum entity_id entity_index(const struct entity *entity)
{
	return (enum entity_id)(entity - entities);
}

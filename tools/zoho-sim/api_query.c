/* Owns what a list is asked for: its parameters, checked as Zoho checks them, or ignored as Zoho ignores them. */
#include "api_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "options.h"
#include "quirks.h"

#define PAGE_ROWS_MAX 200
#define FILTERS                                                                                                        \
	"All Active Inactive Draft Sent Open Overdue OverDue Paid PartiallyPaid Void Unpaid Closed Confirmed "         \
	"Fulfilled "                                                                                                   \
	"Invoiced OnHold Cash Check CreditCard BankTransfer"

static bool has_word(const char *words, const char *word)
{
	const char *found;
	size_t length = strlen(word);

	for (found = words; length && (found = strstr(found, word)); found += length) {
		if ((found == words || found[-1] == ' ') && (!found[length] || found[length] == ' '))
			return true;
	}
	return false;
}

static unsigned long number_or(const char *text, unsigned long unset)
{
	char *end;
	unsigned long number;

	if (!text)
		return unset;
	number = strtoul(text, &end, 10);
	return *text && !*end ? number : 0;
}

/* "Status.Active" → "Active"; false when it names nothing Zoho knows. */
static bool read_filter(const struct resource *resource, const char *text, char filter[static WORD_MAX])
{
	size_t prefix = strlen(resource->filter_prefix);

	snprintf(filter, WORD_MAX, options.hide_inactive && resource->first <= USER ? "Active" : "All");
	if (!text)
		return true;
	if (strncmp(text, resource->filter_prefix, prefix) != 0 || text[prefix] != '.' || !text[prefix + 1] ||
		!has_word(FILTERS, text + prefix + 1))
		return false;
	snprintf(filter, WORD_MAX, "%s", text + prefix + 1);
	return true;
}

const char *query_read(struct request *request, const struct resource *resource, struct query *query)
{
	const char *sort = request_query(request, "sort_column"), *order = request_query(request, "sort_order");
	const char *since = request_query(request, "last_modified_time"),
		   *type = request_query(request, "contact_type");

	memset(query, 0, sizeof *query);
	query->page = number_or(request_query(request, "page"), 1);
	query->per_page = number_or(request_query(request, "per_page"), PAGE_ROWS_MAX);
	if (!query->page || query->page > 1000000)
		return "page";
	if (!query->per_page)
		return "per_page";
	if (query->per_page > PAGE_ROWS_MAX)
		query->per_page = PAGE_ROWS_MAX;
	if (sort && !has_word(resource->sort_columns, sort))
		return "sort_column";
	snprintf(query->sort_column, WORD_MAX, "%s", sort ? sort : resource->sort_default);
	if (order && strcmp(order, "A") != 0 && strcmp(order, "D") != 0)
		return "sort_order";
	query->descending = order ? *order == 'D' : !sort && resource->descending_default;
	if (!read_filter(resource, request_query(request, "filter_by"), query->filter))
		return "filter_by";
	if (type && resource->first != resource->last)
		snprintf(query->contact_type, WORD_MAX, "%s", type);
	/* Everywhere else the parameter is ignored without a word. */
	if (since && resource->filters_by_time && !clock_parse(since, &query->modified_since))
		return "last_modified_time";
	return NULL;
}

void query_forget(const struct resource *resource, struct query *query)
{
	const struct entity *entity = &entities[*query->contact_type ? resource->last : resource->first];

	if (quirk_of(QUIRK_IGNORE_SORT, entity)) {
		snprintf(query->sort_column, WORD_MAX, "%s", resource->sort_default);
		query->descending = resource->descending_default;
	}
	if (quirk_of(QUIRK_IGNORE_FILTERS, entity)) {
		snprintf(query->filter, WORD_MAX, "All");
		*query->contact_type = '\0';
		query->modified_since = 0;
	}
}

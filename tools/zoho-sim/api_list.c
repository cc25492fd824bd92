/* Owns lists: filtering, sorting and paging over what a resource holds, with the traps of Zoho's offset paging. */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "api_query.h"
#include "drift.h"
#include "options.h"
#include "quirks.h"
#include "random.h"
#include "record_json.h"
#include "store.h"

struct row {
	struct record *record;
	const char *text; /* the key to sort by, either as text ... */
	int64_t number;	  /* ... or as number */
	uint64_t position;
};

/* The rows of the last query per resource: pages of one scan are usually asked for one after the other. */
struct view {
	struct query query;
	uint64_t version;
	struct row *rows;
	size_t count, capacity;
};
static struct view views[32];
static struct random dice = {11};

/* "PartiallyPaid" stands for partially_paid. */
static bool same_word(const char *filter, const char *status)
{
	for (; *filter && *status; status++) {
		if (*status == '_')
			continue;
		if (tolower((unsigned char)*filter++) != tolower((unsigned char)*status))
			return false;
	}
	return !*filter && !*status;
}

static bool wanted(const struct query *query, struct record *record)
{
	const char *status;

	if (record->deleted || record->unlisted || record->modified < query->modified_since)
		return false;
	/* A contact may have become one of the other type since it was made. */
	if (*query->contact_type && strcmp(query->contact_type, get_text(record->values, "contact_type")) != 0)
		return false;
	if (!strcmp(query->filter, "All"))
		return true;
	status = get_text(record->values, record->entity == &entities[PAYMENT] ? "payment_mode" : "status");
	return same_word(query->filter, *status ? status : "active");
}

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int by_text = a->text ? strcasecmp(a->text, b->text) : 0;

	if (by_text)
		return by_text;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->position < b->position ? -1 : a->position > b->position;
}

static struct row row_of(struct record *record, const char *column, uint64_t position)
{
	struct row row = {.record = record, .position = position};
	json_object *value;

	if (!strcmp(column, "created_time"))
		row.number = record->created;
	else if (!strcmp(column, "last_modified_time"))
		row.number = record->modified;
	else if (json_object_object_get_ex(record->values, column, &value) &&
		 !json_object_is_type(value, json_type_string))
		row.number = get_micro(record->values, column);
	else if (*column)
		row.text = record_text(record, column);
	return row;
}

static void fill_view(struct view *view, const struct resource *resource)
{
	enum entity_id which;
	struct record *record;
	size_t i;

	view->count = 0;
	for (which = resource->first; which <= resource->last; which++) {
		for (i = 0; i < store_count(&entities[which]); i++) {
			record = store_at(&entities[which], i);
			if (!wanted(&view->query, record))
				continue;
			if (view->count == view->capacity) {
				view->capacity = view->capacity ? 2 * view->capacity : 256;
				view->rows = realloc(view->rows, view->capacity * sizeof(struct row));
				if (!view->rows)
					abort();
			}
			assert(view->rows);
			view->rows[view->count] = row_of(record, view->query.sort_column,
				quirk_of(QUIRK_UNSTABLE_ORDER, record->entity) ? random_next(&dice) : view->count);
			view->count++;
		}
	}
	if (view->count)
		qsort(view->rows, view->count, sizeof(struct row), compare_rows);
}

/* Whether the same rows are asked for in the same order, whichever page of them. */
static bool same_rows(const struct query *a, const struct query *b)
{
	return a->modified_since == b->modified_since && !strcmp(a->sort_column, b->sort_column) &&
	       !strcmp(a->filter, b->filter) && !strcmp(a->contact_type, b->contact_type);
}

static struct view *view_of(const struct resource *resource, const struct query *query)
{
	struct view *view = &views[resource - resources];
	uint64_t version = 0;
	enum entity_id which;

	for (which = resource->first; which <= resource->last; which++)
		version += store_version(&entities[which]);
	if (view->rows && view->version == version && same_rows(&view->query, query) &&
		!quirk_of(QUIRK_UNSTABLE_ORDER, &entities[resource->first]))
		return view;
	view->query = *query;
	view->version = version;
	fill_view(view, resource);
	return view;
}

static void page_context(struct text *out, const struct resource *resource, const struct query *query, bool more)
{
	text_printf(out,
		",\"page_context\":{\"page\":%lu,\"per_page\":%lu,\"has_more_page\":%s,\"report_name\":\"%s\",",
		query->page, query->per_page, more ? "true" : "false", resource->report_name);
	text_printf(out, "\"applied_filter\":\"%s.", resource->filter_prefix);
	text_printf(out, "%s\",\"custom_fields\":[],\"sort_column\":\"%s\",\"sort_order\":\"%c\"}", query->filter,
		query->sort_column, query->descending ? 'D' : 'A');
}

struct slice {
	size_t first, end;
	bool more;
};

static struct slice slice_of(const struct resource *resource, const struct query *query, size_t count)
{
	const struct entity *entity = &entities[resource->first];
	size_t less = (size_t)quirk_number(QUIRK_SHORT_PAGES, entity),
	       again = (size_t)quirk_number(QUIRK_OVERLAP_ROWS, entity);
	size_t size = less < query->per_page ? query->per_page - less : 1;
	struct slice slice = {0, count, false};

	if (!resource->has_page_context || quirk_of(QUIRK_IGNORE_PAGING, entity))
		return slice;
	again = again < size ? again : size - 1;
	slice.first = (query->page - 1) * (size - again);
	slice.end = slice.first + size < count ? slice.first + size : count;
	slice.more = slice.end < count;
	return slice;
}

static struct record *record_at(const struct view *view, const struct query *query, size_t i)
{
	return view->rows[query->descending ? view->count - 1 - i : i].record;
}

/* What happens while somebody reads on: the records of this page, and those that come after it. */
static void let_drift(
	const struct resource *resource, const struct query *query, const struct view *view, const struct slice *slice)
{
	struct drift_page page = {&entities[resource->first], &entities[resource->last], query->page, NULL, 0, 0};
	size_t i;

	if (!drift_is_planned())
		return;
	if (*query->contact_type && entity_by_name(query->contact_type))
		page.first = page.last = entity_by_name(query->contact_type);
	page.records = calloc(view->count + 1, sizeof(struct record *));
	if (!page.records)
		abort();
	for (i = slice->first; i < view->count; i++)
		page.records[page.count++] = record_at(view, query, i);
	page.shown = slice->first < slice->end ? slice->end - slice->first : 0;
	drift_after(&page);
	free(page.records);
}

void api_list(struct request *request, const struct resource *resource)
{
	struct query query;
	const char *refused = query_read(request, resource, &query);
	struct text *out = &request->reply;
	struct view *view;
	struct slice slice;
	size_t i;

	if (refused) {
		api_error(request, 400, 2, "Invalid value passed for %s", refused);
		return;
	}
	store_lock();
	query_forget(resource, &query);
	view = view_of(resource, &query);
	slice = slice_of(resource, &query, view->count);
	text_printf(out, "{\"code\":0,\"message\":\"success\",\"%s\":[", resource->list_root);
	for (i = slice.first; i < slice.end; i++) {
		const struct text *row = record_list(record_at(view, &query, i));

		if (i > slice.first)
			text_puts(out, ",");
		text_append(out, row->data, row->length);
	}
	text_puts(out, "]");
	if (resource->has_page_context)
		page_context(out, resource, &query, slice.more);
	text_puts(out, "}");
	let_drift(resource, &query, view, &slice);
	store_unlock();
	if (!options.content_length)
		request->delivery = DELIVER_CHUNKED;
}

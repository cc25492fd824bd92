/* What is special about runs of stock: their names (and that of the run of images), items-with-stock as a run of two (products, then their stock by location), and
 * what /sync/stock answers (http-api: "Data validation and stock"). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"

static const struct {
	const char *name;
	enum entity_id entity;
	bool named; /* can be asked for by name, as bulk sync and in the schedule */
} kinds[] = {
	[RUN_ITEMS_WITH_STOCK] = {"items-with-stock", ENTITY_NONE, true},
	[RUN_STOCK] = {"stock", ENTITY_PRODUCT, true},
	[RUN_STOCK_SOME] = {"stock-specific", ENTITY_PRODUCT, false},
	[RUN_IMAGES] = {"images", ENTITY_NONE, true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *stock_run_name(const struct run *r)
{
	return kinds[r->options.kind].name;
}

enum run_kind stock_kind(const char *run_type)
{
	for (int k = RUN_ITEMS_WITH_STOCK; k < KINDS; k++)
		if (!strcmp(run_type, kinds[k].name))
			return (enum run_kind)k;
	return RUN_PULL;
}

bool stock_named(struct str sync, struct run_options *o, enum entity_id *entity)
{
	for (int k = RUN_ITEMS_WITH_STOCK; k < KINDS; k++) {
		if (!kinds[k].named || !str_eq(sync, kinds[k].name))
			continue;
		o->kind = (enum run_kind)k;
		*entity = kinds[k].entity;
		if (o->kind == RUN_STOCK && o->per_page > MANY_MAX)
			o->per_page = MANY_MAX;
		return true;
	}
	return false;
}

bool stock_next_part(struct dispatcher *d, struct run *r)
{
	if (r->options.kind != RUN_ITEMS_WITH_STOCK || *r->error || !r->all_well)
		return false;
	if (r->pulled && r->stocked) {
		bool more = r->options.sync_images && !r->pictured;
		r->pictured = true;
		if (more)
			run_part(d, r, RUN_IMAGES, ENTITY_NONE);
		return more;
	}
	bool pull = !r->pulled;
	*(pull ? &r->pulled : &r->stocked) = true;
	run_part(d, r, pull ? RUN_PULL : RUN_STOCK, ENTITY_PRODUCT);
	return true;
}

/* A product counts once: as the list had it. */
void stock_part_done(struct run *parent, const struct run *part, bool well)
{
	struct run_counts *c = &parent->counts;
	if (parent->options.kind != RUN_ITEMS_WITH_STOCK)
		return;
	if (part->options.kind == RUN_PULL)
		*c = part->counts;
	else if (part->options.kind == RUN_STOCK && part->counts.stock > c->stock)
		c->stock = part->counts.stock;
	if (!well && *part->error)
		memcpy(parent->error, part->error, sizeof parent->error);
}

/* Whose stock changed in either part is a sum over both ledgers, each once; a part that was somebody else's run isn't in it. */
void stock_closed(struct run *r, const char *stock_updated)
{
	uint64_t n = strtoull(stock_updated, NULL, 10);
	if (r->options.kind != RUN_ITEMS_WITH_STOCK || n > r->counts.stock)
		r->counts.stock = n;
}

static void add_end(struct buf *b, const struct run *r)
{
	buf_fmt(b,
		",\"stock_updated\":%" PRIu64
		",\"duration_seconds\":%.3f,\"sync_run_id\":\"%s\",\"run_id\":\"%s\",\"error\":",
		r->counts.stock, r->counts.seconds, r->id, r->id);
	if (*r->error)
		buf_json(b, r->error, strlen(r->error));
	else
		buf_str(b, "null");
	buf_str(b, "}");
}

static const char *errors(const struct run *r)
{
	return r->results.len ? r->results.data : "[]";
}

static void add_all(struct buf *b, const struct run *r, bool well)
{
	const struct run_counts *c = &r->counts;
	buf_fmt(b,
		"{\"success\":%s,\"stats\":{\"total_items_from_zoho\":%" PRIu64 ",\"api_calls_made\":%" PRIu64
		",\"products_updated\":%" PRIu64 ",\"products_created\":%" PRIu64 ",\"products_skipped\":%" PRIu64
		",\"errors\":%s}",
		well ? "true" : "false", c->total, r->calls, c->updated, c->created, c->unchanged + c->skipped,
		errors(r));
	add_end(b, r);
}

/* updated: what the tables have of it is what Zoho says, changed or not. */
static void add_some(struct buf *b, const struct run *r, bool well)
{
	uint64_t updated = r->counts.processed < r->options.named_n ? r->counts.processed : r->options.named_n;
	buf_fmt(b,
		"{\"success\":%s,\"requested\":%u,\"updated\":%" PRIu64 ",\"failed\":%" PRIu64
		",\"errors\":%s,\"unchanged\":%" PRIu64 ",\"api_calls\":%" PRIu64,
		well && updated == r->options.named_n ? "true" : "false", r->options.named_n, updated,
		r->options.named_n - updated, errors(r), r->counts.unchanged, r->calls);
	add_end(b, r);
}

void stock_answer(struct dispatcher *d, const struct run *r, const struct run_waiter *w, bool well)
{
	struct buf b = {0};
	if (r->options.kind == RUN_STOCK_SOME)
		add_some(&b, r, well);
	else
		add_all(&b, r, well);
	actor_reply(d->actor, w->edge, w->request, well || r->reached ? 200 : 502, "", b.data, b.len);
	buf_free(&b);
}

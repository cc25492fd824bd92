/* Owns the net behind the handlers' links: documents and lines whose customer or product arrived after them and are
 * still without its id. One statement per link that an entity's table of fields declares, by the names that its tables have
 * (mapping.h); where an ERP's own are among them, the catalogue is asked before each run. */
#include <string.h>
#include "actors/handler/made.h"
#include "actors/handler/mapping.h"
#include "actors/handler/statements.h"
#include "actors/healer/healer.h"

enum { LINKS_MAX = 64 };
static struct {
	struct db_statement statement;
	const char *fixed;
} links[LINKS_MAX];
static size_t n;
static unsigned generation;
static uint64_t seen;

static void add_all(const struct entity *e, bool lines)
{
	for (const struct field *f = lines ? e->lines->fields : e->fields; f->path; f++) {
		const char *sql = statement_late(e, lines, f);
		if (!sql || n == LINKS_MAX)
			continue;
		links[n].statement = (struct db_statement){made_text("healer_link_%u_%zu", generation, n), sql};
		links[n++].fixed = e->fixed;
	}
}

/* Of those whose tables are as they should be; the others' handlers say what is wrong. */
static void make_all(const struct mapping *mapping, const struct table *tables)
{
	n = 0;
	generation++;
	for (int e = 1; e < ENTITIES; e++) {
		struct fitted fits = {.entity = entities[e]};
		if (tables)
			fits = mapping_fit(mapping, (enum entity_id)e, tables);
		if (fits.entity)
			add_all(fits.entity, false);
		if (fits.entity && fits.entity->lines)
			add_all(fits.entity, true);
		buf_free(&fits.why);
		buf_free(&fits.notes);
	}
}

static void on_catalogue(void *ctx, const struct db_reply *r)
{
	struct healer *h = ctx;
	if (r->failure != DB_OK) {
		log_warn("no links", LF_STR("sqlstate", r->sqlstate), LF_STR("error", r->message));
		return;
	}
	uint64_t hash = catalogue_hash(r->results[0], r->results[1]);
	if (hash != seen)
		make_all(h->mapping, catalogue_read(r->results[0], r->results[1], MAPPING_PLACES));
	seen = hash;
}

void links_ask(struct healer *h)
{
	struct place places[MAPPING_PLACES];
	if (!h->mapping)
		h->mapping = mapping_of(&h->actor->config);
	if (mapping_default(h->mapping, ENTITY_NONE)) {
		if (!n)
			make_all(h->mapping, NULL);
		return;
	}
	mapping_places(h->mapping, ENTITY_NONE, places);
	struct db_call *call = db_begin(h->db);
	catalogue_ask(call, places, MAPPING_PLACES);
	db_run(call, on_catalogue, h);
}

size_t links_count(void)
{
	return n;
}

const struct db_statement *link_statement(size_t i)
{
	return &links[i].statement;
}

const char *link_fixed(size_t i)
{
	return links[i].fixed;
}

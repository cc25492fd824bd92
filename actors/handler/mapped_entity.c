/* Asks the catalogue for one entity, and keeps what it fits to. */
#include "actors/handler/mapped_entity.h"

static void on_catalogue(void *ctx, const struct db_reply *r)
{
	struct mapped_entity *m = ctx;
	if (r->failure == DB_ENVIRONMENT)
		return;
	m->known = true;
	if (r->failure != DB_OK) {
		m->now = NULL;
		return;
	}
	uint64_t hash = catalogue_hash(r->results[0], r->results[1]);
	if (m->now && hash == m->seen)
		return;
	struct fitted fits =
		mapping_fit(m->mapping, m->id, catalogue_read(r->results[0], r->results[1], MAPPING_PLACES));
	m->now = fits.entity;
	m->seen = hash;
	buf_free(&fits.why);
	buf_free(&fits.notes);
}

void mapped_entity_ask(struct mapped_entity *m, struct db *db, const struct config *c)
{
	struct place places[MAPPING_PLACES];
	if (!m->mapping)
		m->mapping = mapping_of(c);
	if (mapping_default(m->mapping, m->id)) {
		m->now = entities[m->id];
		m->known = true;
	}
	if (m->now == entities[m->id] || !db || !db_up(db))
		return;
	mapping_places(m->mapping, m->id, places);
	struct db_call *call = db_begin(db);
	catalogue_ask(call, places, MAPPING_PLACES);
	db_run(call, on_catalogue, m);
}

/* Asks the catalogue, fits the entity, and tells people where it doesn't. */
#include "actors/handler/fitting.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "actors/handler/made.h"
#include "sql_embedded.h"

static const struct db_statement fits_sql = {"mapping_fits", SQL_MAPPING_FITS};
static const struct db_statement misfit_sql = {"mapping_misfit", SQL_MAPPING_MISFIT};

static const int64_t idle_wait_ns = 1000000000, misfit_wait_ns = 60000000000;

static void look_in(struct fitting *f, int64_t ns)
{
	if (!loop_busy(&f->look))
		loop_timer(f->actor->loop, &f->look, ns);
}

static void on_look(void *ctx, int result, unsigned flags)
{
	struct fitting *f = ctx;
	(void)result, (void)flags;
	if (!db_up(f->db) || f->actor->draining)
		return;
	if (f->idle(f->ctx))
		fitting_ask(f);
	else
		look_in(f, idle_wait_ns);
}

void fitting_init(struct fitting *f, struct actor *a, struct db *db, enum entity_id id, bool (*idle)(void *ctx),
	void (*done)(void *ctx, const struct entity *changed), void *ctx)
{
	*f = (struct fitting){.actor = a, .db = db, .id = id, .idle = idle, .done = done, .ctx = ctx};
	f->mapping = mapping_of(&a->config);
	f->by_default = mapping_default(f->mapping, id);
	f->look = (struct loop_op){.done = on_look, .ctx = f};
}

/* A table that doesn't fit is looked at again, whether anything comes or not. */
static void finished(struct fitting *f, const struct entity *changed)
{
	f->asking = false;
	f->known = true;
	if (!f->fits)
		look_in(f, misfit_wait_ns);
	f->done(f->ctx, changed);
}

const struct entity *fitting_connected(struct fitting *f)
{
	f->asking = false;
	f->known = f->by_default && !*f->why;
	if (!f->known) {
		fitting_ask(f);
		return NULL;
	}
	f->fits = true;
	f->entity = entities[f->id];
	look_in(f, idle_wait_ns);
	return f->entity;
}

void fitting_lost(struct fitting *f)
{
	f->known = f->asking = false;
}

/* The connection is gone: asked again with the next. */
static bool lost(struct fitting *f, const struct db_reply *r)
{
	if (r->failure == DB_ENVIRONMENT)
		f->asking = false;
	return r->failure == DB_ENVIRONMENT;
}

static void does_not_fit(struct fitting *f, const char *why)
{
	const char *name = entity_names[f->id].name;
	char title[96];
	bool same = !f->fits && !strncmp(f->why, why, sizeof f->why - 1);
	f->fits = false;
	snprintf(f->why, sizeof f->why, "%s", why);
	snprintf(title, sizeof title, "%s is not being applied", name);
	snprintf(f->note, sizeof f->note, "%s doesn't fit its table: %s", name, f->why);
	char message[1400];
	snprintf(message, sizeof message,
		"It doesn't fit its table: %s. Its events wait. Correct the table, or the mapping and tdsctl reload; tdsctl resume"
		" %s tries at once.",
		f->why, name);
	if (!same)
		log_error("entity doesn't fit its table", LF_STR("entity", name), LF_STR("why", f->why));
	actor_note(f->actor, f->note);
	db_query(f->db, &misfit_sql, NULL, NULL, 4, f->actor->config.zoho_organization_id, name, title, message);
	finished(f, NULL);
}

static void on_told(void *ctx, const struct db_reply *r)
{
	struct fitting *f = ctx;
	if (lost(f, r))
		return;
	const char *n = r->failure == DB_OK && PQntuples(r->results[0]) ? PQgetvalue(r->results[0], 0, 0) : "0";
	if (r->failure != DB_OK)
		log_warn(
			"the mapping's mark is not kept", LF_STR("sqlstate", r->sqlstate), LF_STR("error", r->message));
	if (strcmp(n, "0") != 0)
		log_warn(
			"mapped otherwise than before: what was written elsewhere is written here by the next complete sync",
			LF_STR("entity", entity_names[f->id].name), LF_STR("records", n),
			LF_STR("sync", entity_names[f->id].bulk));
	f->fits = true;
	*f->why = 0;
	actor_note(f->actor, NULL);
	finished(f, f->entity);
}

static void tell(struct fitting *f)
{
	db_query(f->db, &fits_sql, on_told, f, 3, f->actor->config.zoho_organization_id, entity_names[f->id].name,
		mapping_mark(&f->actor->config, f->id));
}

/* A constant that isn't what its column takes would be found record by record. */
static void on_probed(void *ctx, const struct db_reply *r)
{
	struct fitting *f = ctx;
	char why[512];
	if (lost(f, r))
		return;
	if (r->failure == DB_OK) {
		tell(f);
		return;
	}
	snprintf(why, sizeof why, "a constant isn't what its column takes: %s", r->message);
	f->seen = 0;
	does_not_fit(f, why);
}

static void probe(struct fitting *f)
{
	static unsigned generation;
	struct db_statement *statement = made(sizeof *statement);
	if (!f->probe) {
		tell(f);
		return;
	}
	*statement = (struct db_statement){made_text("mapping_probe_%u", generation++), f->probe};
	db_query(f->db, statement, on_probed, f, 1, f->entity->fixed);
}

static void fit(struct fitting *f, const PGresult *columns, const PGresult *uniques)
{
	struct fitted made_of = mapping_fit(f->mapping, f->id, catalogue_read(columns, uniques, MAPPING_PLACES));
	if (made_of.notes.len)
		log_warn("left out", LF_STR("entity", entity_names[f->id].name), LF_STR("why", made_of.notes.data));
	if (made_of.entity) {
		f->entity = made_of.entity;
		f->probe = made_of.probe;
		f->seen = catalogue_hash(columns, uniques);
		probe(f);
	} else {
		f->seen = 0;
		does_not_fit(f, made_of.why.data);
	}
	buf_free(&made_of.why);
	buf_free(&made_of.notes);
}

static void on_catalogue(void *ctx, const struct db_reply *r)
{
	struct fitting *f = ctx;
	if (lost(f, r))
		return;
	if (r->failure != DB_OK) {
		does_not_fit(f, r->message);
		return;
	}
	if (f->fits && f->seen && f->seen == catalogue_hash(r->results[0], r->results[1]))
		finished(f, NULL);
	else
		fit(f, r->results[0], r->results[1]);
}

void fitting_ask(struct fitting *f)
{
	struct place places[MAPPING_PLACES];
	if (f->asking || !db_up(f->db))
		return;
	f->asking = true;
	mapping_places(f->mapping, f->id, places);
	struct db_call *call = db_begin(f->db);
	catalogue_ask(call, places, MAPPING_PLACES);
	db_run(call, on_catalogue, f);
}

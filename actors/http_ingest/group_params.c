/* Owns how a group becomes parameters: one array per column, in the order of the statements' unnest. */
#include <stdio.h>
#include <string.h>
#include "actors/http_ingest/group.h"
#include "sql_embedded.h"

static const struct db_statement store = {"ingest_store", SQL_INGEST_STORE};
static const struct db_statement known = {"ingest_known", SQL_INGEST_KNOWN};

unsigned group_times(const struct delivery *d)
{
	unsigned n = 1;

	for (const struct delivery *t = d->twins; t; t = t->twins)
		n++;
	return n;
}

static void add_key(struct pg_array *a, const struct delivery *d)
{
	char text[WEBHOOK_KEY_BYTES + 12];
	int n = d->number ? snprintf(text, sizeof text, "%s:%u", d->key, d->number) : 0;

	pg_array_add(a, n ? text : d->key, n ? (size_t)n : d->key_n);
}

static void add_store(struct pg_array *a, const struct delivery *d)
{
	const struct webhook *w = d->webhook;
	struct str none = {0};
	bool bytes = d->unstorable != NULL;

	pg_array_add(a++, d->event.b, sizeof d->event.b);
	add_key(a++, d);
	pg_array_str(a++, d->organization);
	pg_array_str(a++, str_of(entity_names[d->entity].name));
	pg_array_str(a++, d->id);
	pg_array_str(a++, str_of(operation_names[d->operation]));
	pg_array_str(a++, d->event_type);
	pg_array_str(a++, bytes ? none : d->record);
	pg_array_str(a++, bytes ? d->bytes : none);
	pg_array_str(a++, str_of(d->unstorable));
	pg_array_str(a++, str_of(d->hash));
	pg_array_str(a++, w->headers);
	pg_array_flag(a++, w->verified);
	pg_array_str(a++, *w->peer ? str_of(w->peer) : none);
	pg_array_str(a++, w->request->correlation);
	pg_array_time(a++, d->received_us);
	pg_array_time(a++, d->last_modified_us);
	pg_array_flag(a++, d->full);
	pg_array_flag(a++, d->thin || d->refetch);
	pg_array_int4(a++, (int32_t)group_times(d) - 1);
}

static void run(struct group *g, const struct db_statement *statement, int params, db_done done)
{
	struct db_param p[DB_PARAMS_MAX];
	struct db_call *call = db_begin(g->lane->db);

	for (int i = 0; i < params; i++)
		p[i] = pg_array_param(&g->arrays[i]);
	db_add(call, statement, params, p);
	db_run(call, done, g);
}

void group_call_store(struct group *g, db_done done)
{
	static const uint32_t types[] = {OID_UUID, OID_TEXT, OID_TEXT, OID_TEXT, OID_TEXT, OID_TEXT, OID_TEXT, OID_TEXT,
		OID_BYTEA, OID_TEXT, OID_TEXT, OID_TEXT, OID_BOOL, OID_TEXT, OID_TEXT, OID_TIMESTAMPTZ, OID_TIMESTAMPTZ,
		OID_BOOL, OID_BOOL, OID_INT4};
	enum { columns = sizeof types / sizeof *types };
	_Static_assert((int)columns <= (int)DB_PARAMS_MAX, "a column is a parameter");

	for (int i = 0; i < columns; i++)
		pg_array_start(&g->arrays[i], types[i]);
	for (unsigned i = 0; i < g->n; i++)
		add_store(g->arrays, g->members[i]);
	run(g, &store, columns, done);
}

void group_call_known(struct group *g, db_done done)
{
	static const uint32_t types[] = {OID_INT4, OID_TEXT, OID_TEXT, OID_TEXT, OID_TEXT, OID_INT4, OID_BOOL};
	enum { columns = sizeof types / sizeof *types };

	for (int i = 0; i < columns; i++)
		pg_array_start(&g->arrays[i], types[i]);
	for (unsigned i = 0; i < g->n; i++) {
		const struct delivery *d = g->members[i];
		struct pg_array *a = g->arrays;

		pg_array_int4(a++, (int32_t)i);
		pg_array_add(a++, d->key, d->key_n);
		pg_array_str(a++, d->organization);
		pg_array_str(a++, str_of(entity_names[d->entity].name));
		pg_array_str(a++, d->id);
		pg_array_int4(a++, (int32_t)group_times(d));
		pg_array_flag(a++, d->thin && !d->webhook->delivery_id.len);
	}
	run(g, &known, columns, done);
}

/* Owns the links that are to be set after a commit, until they are: two handlers that set each other's at once may stand in each
 * other's way, and PostgreSQL then undoes one of them (40P01). */
#include "actors/handler/owed.h"
#include <stdlib.h>
#include <string.h>

enum { OWED_TRIES_MAX = 10 };
static const char not_committed[] = "25P02"; /* in_failed_sql_transaction */

static void forget(struct owed *o)
{
	for (int i = 0; i < o->n; i++)
		free(o->params[i]);
	free(o);
}

/* Another one's lock, not the loss of the connection: nobody knows what became of that, and the healer looks. */
static bool is_in_the_way(const char *sqlstate)
{
	return !strcmp(sqlstate, "40P01") || !strcmp(sqlstate, "40001") || !strcmp(sqlstate, "55P03");
}

static void on_linked(void *ctx, const struct db_reply *r)
{
	struct owed *o = ctx;
	struct applier *p = o->applier;
	if (r->failure != DB_OK && is_in_the_way(r->sqlstate) && ++o->tries < OWED_TRIES_MAX) {
		TAILQ_INSERT_TAIL(&p->owed, o, in_list);
		return;
	}
	if (r->failure != DB_OK && strcmp(r->sqlstate, not_committed) != 0)
		log_warn("own ids of related records are not set yet; the healer's next run does it",
			LF_STR("entity", entity_names[p->entity->id].name), LF_STR("sqlstate", r->sqlstate),
			LF_STR("error", r->message));
	forget(o);
}

static void go(struct owed *o)
{
	struct db_call *call = db_begin(o->applier->db);
	struct db_param params[4];
	for (int i = 0; i < o->n; i++)
		params[i] = DB_TEXT(o->params[i]);
	db_add(call, o->link, o->n, params);
	db_run(call, on_linked, o);
}

void owed_run(struct applier *p, const struct db_statement *link, int params, const struct db_param *from)
{
	struct owed *o = calloc(1, sizeof *o);
	if (!o)
		die(EXIT_TEMPORARY, "out of memory");
	*o = (struct owed){.applier = p, .link = link, .n = params};
	for (int i = 0; i < params; i++) {
		o->params[i] = from[i].value ? strdup(from[i].value) : NULL;
		if (from[i].value && !o->params[i])
			die(EXIT_TEMPORARY, "out of memory");
	}
	go(o);
}

void owed_again(struct applier *p)
{
	struct owed_list all = TAILQ_HEAD_INITIALIZER(all);
	struct owed *o;
	TAILQ_CONCAT(&all, &p->owed, in_list);
	while ((o = TAILQ_FIRST(&all))) {
		TAILQ_REMOVE(&all, o, in_list);
		go(o);
	}
}

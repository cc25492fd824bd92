/* Owns the links that are to be set after a commit, until they are: two handlers that set each other's at once may stand in each
 * other's way, and PostgreSQL then undoes one of them (40P01). Where somebody keeps a lock for longer (55P03) no record waits for that
 * again and again: nothing is tried for a while, and what becomes too much is left to the healer. */
#include "actors/handler/owed.h"
#include <stdlib.h>
#include <string.h>

enum { OWED_MAX = 100, OWED_TRIES_MAX = 10 };
static const int64_t stand_back_ns = 5000000000;
static const char not_committed[] = "25P02"; /* in_failed_sql_transaction */
static const char locked[] = "55P03";	     /* lock_not_available */

static void forget(struct owed *o)
{
	for (int i = 0; i < o->n; i++)
		free(o->params[i]);
	free(o);
}

/* Another one's lock, not the loss of the connection: nobody knows what became of that, and the healer looks. */
static bool is_in_the_way(const char *sqlstate)
{
	return !strcmp(sqlstate, "40P01") || !strcmp(sqlstate, "40001") || !strcmp(sqlstate, locked);
}

static void tell(const struct applier *p, const char *sqlstate, const char *why)
{
	log_warn("own ids of related records are not set yet; the healer's next run does it",
		LF_STR("entity", entity_names[p->entity->id].name), LF_STR("sqlstate", sqlstate), LF_STR("error", why));
}

static void keep(struct owed *o)
{
	struct applier *p = o->applier;
	if (p->owed_n < OWED_MAX) {
		TAILQ_INSERT_TAIL(&p->owed, o, in_list);
		p->owed_n++;
	} else {
		forget(o);
	}
}

static void go(struct owed *);

static void next(struct applier *p)
{
	struct owed *o = TAILQ_FIRST(&p->owed);
	if (!o)
		return;
	TAILQ_REMOVE(&p->owed, o, in_list);
	p->owed_n--;
	go(o);
}

static void on_linked(void *ctx, const struct db_reply *r)
{
	struct owed *o = ctx;
	struct applier *p = o->applier;
	if (r->failure != DB_OK && !strcmp(r->sqlstate, locked)) {
		if (!p->owed_until_ns)
			tell(p, r->sqlstate, r->message);
		p->owed_until_ns = loop_now(p->actor->loop) + stand_back_ns;
	} else if (r->failure == DB_OK) {
		p->owed_until_ns = 0;
	}
	if (r->failure != DB_OK && is_in_the_way(r->sqlstate) && ++o->tries < OWED_TRIES_MAX) {
		keep(o);
		return;
	}
	if (r->failure != DB_OK && strcmp(r->sqlstate, not_committed) != 0)
		tell(p, r->sqlstate, r->message);
	forget(o);
	if (r->failure == DB_OK)
		next(p);
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

static bool stands_back(const struct applier *p)
{
	return loop_now(p->actor->loop) < p->owed_until_ns;
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
	if (stands_back(p))
		keep(o);
	else
		go(o);
}

void owed_again(struct applier *p)
{
	if (!stands_back(p))
		next(p);
}

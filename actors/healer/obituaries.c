/* Owns obituaries on their way into PostgreSQL: the edge from the supervisor is held until the one in hand is written.
 * At start the slots' own are looked at, for those whose message got lost. One is known by actor, pid and time of
 * death, so telling it twice writes it once. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "actors/healer/healer.h"
#include "sql_embedded.h"

static const struct db_statement obituary_sql = {"healer_obituary", SQL_HEALER_OBITUARY};
static const int64_t again_ns = 500000000, messages_first_ns = 3000000000;

static void add_text(struct buf *b, const char *key, struct str s)
{
	buf_fmt(b, ",\"%s\":", key);
	buf_json(b, s.data ? s.data : "", s.len);
}

static void describe(struct buf *b, const struct msg_obituary *o)
{
	buf_fmt(b,
		"{\"pid\":%" PRId64 ",\"died_us\":%" PRId64 ",\"uptime_ms\":%" PRId64 ",\"signal\":%" PRId64
		",\"status\":%" PRId64,
		o->pid, o->died_us, o->uptime_ms, o->signal, o->status);
	buf_fmt(b, ",\"outside\":%s,\"in_hand\":%" PRIu64 ",\"died_at\":", o->outside ? "true" : "false", o->in_hand);
	buf_time(b, o->died_us);
	add_text(b, "actor", o->actor);
	add_text(b, "kind", o->kind);
	add_text(b, "entity", o->entity);
	add_text(b, "id", o->id);
	add_text(b, "words", o->words);
	buf_str(b, "}");
}

static void write_down(struct healer *);
static void look_at_slots(struct healer *);

static void write_held(struct healer *h)
{
	describe(&h->desk.text, &h->desk.message);
	write_down(h);
}

/* What was in hand is written, or can't be: the next one. */
static void put_away(struct healer *h)
{
	struct obituary_desk *d = &h->desk;
	buf_reset(&d->text);
	if (d->held && !d->from_slot) {
		actor_release(d->held);
		d->held = NULL;
	}
	d->from_slot = false;
	if (d->held)
		write_held(h);
	else
		look_at_slots(h);
}

static void on_written(void *ctx, const struct db_reply *r)
{
	struct healer *h = ctx;
	if (r->failure == DB_ENVIRONMENT) {
		if (!h->actor->draining) /* else it stays in the ring for the next healer */
			loop_timer(h->actor->loop, &h->obituary_again, again_ns);
		return;
	}
	if (r->failure != DB_OK)
		log_error("obituary not written", LF_STR("sqlstate", r->sqlstate), LF_STR("error", r->message),
			LF_STR("obituary", h->desk.text.data));
	put_away(h);
}

static void write_down(struct healer *h)
{
	db_query(h->db, &obituary_sql, on_written, h, 2, h->actor->config.zoho_organization_id, h->desk.text.data);
}

static void on_again(void *ctx, int result, unsigned flags)
{
	(void)result, (void)flags;
	write_down(ctx);
}

void on_obituary(struct actor *a, struct edge *e, const union message *m)
{
	struct healer *h = a->state;
	const struct msg_obituary *o = &m->obituary;
	log_info("an actor died", LF_STRN("who", o->actor.data, o->actor.len), LF_INT("pid", o->pid),
		LF_STRN("kind", o->kind.data, o->kind.len),
		LF_STRN("words", o->words.data ? o->words.data : "", o->words.len));
	actor_hold(e);
	h->desk.held = e;
	h->desk.message = *o;  /* its strings stay while the edge is held */
	if (!h->desk.text.len) /* else a slot's is being written, and this one comes next */
		write_held(h);
}

/* The slot has words, not fields: the pid is taken out of them. */
static bool describe_slot(struct buf *b, const struct slot *s)
{
	char name[sizeof s->name], words[sizeof s->obituary];
	memcpy(name, s->name, sizeof name);
	memcpy(words, s->obituary, sizeof words);
	name[sizeof name - 1] = words[sizeof words - 1] = 0;
	const char *pid = strstr(words, "(pid ");
	int64_t number = 0, died = atomic_load(&s->last_death_s);
	if (!pid || sscanf(pid, "(pid %" SCNd64 ")", &number) != 1 || !died)
		return false;
	describe(b, &(struct msg_obituary){.actor = str_of(name),
			    .pid = number,
			    .died_us = died * 1000000,
			    .kind = str_of("slot"),
			    .words = str_of(words)});
	return true;
}

static void look_at_slots(struct healer *h)
{
	struct obituary_desk *d = &h->desk;
	while (d->looking && d->slots_told < (int)h->actor->boot->slots)
		if (describe_slot(&d->text, slot_of(h->actor->slots, d->slots_told++))) {
			d->from_slot = true;
			write_down(h);
			return;
		}
}

static void on_look(void *ctx, int result, unsigned flags)
{
	struct healer *h = ctx;
	(void)result, (void)flags;
	h->desk.looking = true;
	if (!h->desk.text.len)
		look_at_slots(h);
}

void obituaries_start(struct healer *h)
{
	h->obituary_again = (struct loop_op){.done = on_again, .ctx = h};
	h->slots_look = (struct loop_op){.done = on_look, .ctx = h};
	loop_timer(h->actor->loop, &h->slots_look, messages_first_ns);
}

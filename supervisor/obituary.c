/* Owns what is said of the dead: cause, last words and the record in hand, in the log, in the slot, and in a message to
 * the healer, who writes it into PostgreSQL. What the healer can't be given yet waits here. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include "supervisor/supervisor.h"

static enum death_cause cause_of(const struct child *c)
{
	bool signalled = c->exit_code == CLD_KILLED || c->exit_code == CLD_DUMPED;
	if (c->hung)
		return DEATH_HUNG;
	if (c->state == CHILD_DRAINING || c->state == CHILD_KILLED)
		return DEATH_ASKED;
	if (signalled && c->exit_status == SIGKILL)
		return DEATH_OUTSIDE;
	if (signalled)
		return c->exit_status == SIGTERM || c->exit_status == SIGINT || c->exit_status == SIGHUP ? DEATH_EXIT
													 : DEATH_CRASH;
	if (c->exit_status == 0)
		return DEATH_EXIT;
	if (c->exit_status == EXIT_PERMANENT || c->exit_status == EXIT_CONFIG)
		return DEATH_PERMANENT;
	if (c->exit_status == EXIT_TEMPORARY || c->kind == ACTOR_SUPERVISOR)
		return DEATH_TEMPORARY;
	return DEATH_CRASH;
}

struct last { /* copies: what lay in shared memory is cut off and checked here */
	char words[SLOT_WORDS_BYTES], entity[SLOT_ENTITY_BYTES], id[SLOT_ID_BYTES];
	uint32_t in_hand;
};

/* A page that a crashing process wrote into is not text until proven. */
static void take_text(char *to, const char *from, size_t size)
{
	memcpy(to, from, size);
	to[size - 1] = 0;
	for (char *p = to; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
}

static struct last last_of(const struct supervisor *s, const struct child *c)
{
	struct last l = {0};
	if (c->kind == ACTOR_SUPERVISOR) {
		postgres_last_words(s, l.words, sizeof l.words);
		return l;
	}
	const struct slot *slot = child_slot(s, c);
	take_text(l.words, slot->words, sizeof l.words);
	l.in_hand = atomic_load(&slot->hand.count);
	if (l.in_hand) {
		take_text(l.entity, slot->hand.entity, sizeof l.entity);
		take_text(l.id, slot->hand.id, sizeof l.id);
	}
	return l;
}

static void describe(const struct child *c, const struct death *d, const struct last *l, char *to, size_t size)
{
	char how[48], hand[120] = "";
	if (c->exit_code == CLD_EXITED)
		snprintf(how, sizeof how, "exit %d", c->exit_status);
	else
		snprintf(how, sizeof how, "SIG%s%s", sigabbrev_np(c->exit_status) ? sigabbrev_np(c->exit_status) : "?",
			c->exit_code == CLD_DUMPED ? ", core dumped" : "");
	if (l->in_hand == 1)
		snprintf(hand, sizeof hand, "; in hand: %s %s", l->entity, l->id);
	else if (l->in_hand > 1)
		snprintf(hand, sizeof hand, "; in hand: %u records of %s", l->in_hand, l->entity);
	snprintf(to, size, "%s (pid %d) %s after %lld ms: %s%s%s%s", c->name, (int)c->pid, death_names[d->cause],
		(long long)d->uptime_ns / 1000000, how, *l->words ? "; last words: " : "", l->words, hand);
}

static int64_t wall_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The oldest one makes room: the log has it. */
static void remember(struct supervisor *s, const struct msg_obituary *m)
{
	if (message_size_max(MSG_OBITUARY, m) > PENDING_BYTES)
		return;
	if (s->pending_n == PENDING_MAX) {
		s->pending_first = (s->pending_first + 1) % PENDING_MAX;
		s->pending_n--;
	}
	unsigned at = (s->pending_first + s->pending_n++) % PENDING_MAX;
	s->pending[at].length = message_encode(MSG_OBITUARY, m, s->pending[at].bytes, PENDING_BYTES);
	obituaries_offer(s);
}

static void tell_healer(
	struct supervisor *s, const struct child *c, const struct death *d, const struct last *l, const char *kind)
{
	bool exited = c->exit_code == CLD_EXITED;
	remember(s, &(struct msg_obituary){.actor = str_of(c->name),
			    .pid = c->pid,
			    .died_us = wall_us(),
			    .uptime_ms = d->uptime_ns / 1000000,
			    .signal = exited ? 0 : c->exit_status,
			    .status = exited ? c->exit_status : 0,
			    .outside = d->cause == DEATH_OUTSIDE,
			    .words = str_of(l->words),
			    .in_hand = l->in_hand,
			    .entity = str_of(l->entity),
			    .id = str_of(l->id),
			    .kind = str_of(kind)});
}

void obituaries_offer(struct supervisor *s)
{
	while (s->pending_n && s->healer_ring) {
		unsigned at = s->pending_first;
		if (!ring_send(s->healer_ring, MSG_OBITUARY, 0, 0, s->pending[at].bytes, s->pending[at].length))
			return;
		s->pending_first = (at + 1) % PENDING_MAX;
		s->pending_n--;
	}
}

static void blame(struct supervisor *s, struct child *c, const struct death *d, const struct last *l, const char *text)
{
	c->single_step = l->in_hand > 1 || (l->in_hand == 1 && (!*l->id || c->single_step));
	if (l->in_hand != 1 || !*l->id)
		return;
	const struct suspect *suspect = poison_death(&s->poison, c->kind, l->entity, l->id, d->cause, s->now, text);
	if (suspect && poison_is(suspect))
		log_error("a record kills its actor again and again, giving it up", LF_STR("who", c->name),
			LF_STR("entity", l->entity), LF_STR("id", l->id), LF_INT("deaths", suspect->deaths));
}

static void close_slot(struct supervisor *s, struct child *c, const char *text, bool asked)
{
	struct slot *slot = child_slot(s, c);
	atomic_store(&slot->state, SLOT_EMPTY);
	atomic_store(&slot->pid, 0);
	atomic_store(&slot->database_up, 0);
	if (asked)
		return;
	atomic_store(&slot->last_death_s, (int64_t)time(NULL));
	snprintf(slot->obituary, sizeof slot->obituary, "%s", text);
}

struct death obituary(struct supervisor *s, struct child *c)
{
	char text[SLOT_WORDS_BYTES * 2];
	struct last l = last_of(s, c);
	bool postgres = c->kind == ACTOR_SUPERVISOR;
	struct death d = {.cause = cause_of(c), .at_ns = s->now, .uptime_ns = s->now - c->started_ns};
	d.unheard = postgres ? !c->was_ready : atomic_load(&child_slot(s, c)->handled_since_start) == 0;
	d.suspect = l.in_hand == 1 && *l.id;
	describe(c, &d, &l, text, sizeof text);
	bool asked = d.cause == DEATH_ASKED && !c->killed;
	if (asked)
		log_info("drained", LF_STR("who", c->name), LF_INT("pid", c->pid), LF_MS("uptime_ms", d.uptime_ns));
	else
		log_warn(text, LF_STR("who", c->name), LF_STR("kind", death_names[d.cause]));
	if (!postgres) {
		close_slot(s, c, text, asked);
	} else if (!asked) {
		s->postgres.last_death_s = (int64_t)time(NULL);
		snprintf(s->postgres.obituary, sizeof s->postgres.obituary, "%s", text);
	}
	if (!asked) {
		blame(s, c, &d, &l, text);
		tell_healer(s, c, &d, &l, death_names[d.cause]);
	}
	return d;
}

void obituary_cooldown(struct supervisor *s, struct child *c, int64_t pause_ns)
{
	struct last l = {0};
	snprintf(l.words, sizeof l.words, "%s crashed too often, rests for %lld ms", c->name,
		(long long)pause_ns / 1000000);
	log_error(l.words, LF_STR("who", c->name), LF_STR("kind", "cooldown"));
	tell_healer(s, c, &(struct death){.cause = DEATH_CRASH, .uptime_ns = 0}, &l, "cooldown");
}

/* Owns what the dispatcher hears: reports, none of which is lost to a full ring, and whether Zoho may be asked. */
#include "actors/zoho_io/zoho.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS_EVERY_MS = 1000, MINUTE_LOOK_MS = 5000, RETRY_MS = 20 };

static struct edge *dispatcher(struct zoho *z)
{
	return actor_edge(z->actor, ACTOR_DISPATCHER, 0);
}

static void copy(struct str *s, char **at)
{
	if (!s->data)
		return;
	memcpy(*at, s->data, s->len);
	s->data = *at;
	*at += s->len;
}

static void keep(struct zoho *z, enum message_type type, const void *message)
{
	union message m;
	struct str none = {0}, *strings[3] = {&none, &none, &none};
	if (type == MSG_PAGE_FETCHED) {
		m.page_fetched = *(const struct msg_page_fetched *)message;
		strings[0] = &m.page_fetched.run, strings[1] = &m.page_fetched.error;
	} else if (type == MSG_IMAGE_DONE) {
		m.image_done = *(const struct msg_image_done *)message;
		strings[0] = &m.image_done.id, strings[1] = &m.image_done.run, strings[2] = &m.image_done.error;
	} else {
		m.fetched = *(const struct msg_fetched *)message;
		strings[0] = &m.fetched.id, strings[1] = &m.fetched.error;
	}
	struct report *r = calloc(1, sizeof *r + strings[0]->len + strings[1]->len + strings[2]->len);
	if (!r)
		die(EXIT_TEMPORARY, "out of memory");
	char *at = r->text;
	for (int i = 0; i < 3; i++)
		copy(strings[i], &at);
	r->type = type;
	r->message = m;
	STAILQ_INSERT_TAIL(&z->reports, r, in_zoho);
	z->reports_n++;
}

void zoho_report(struct zoho *z, enum message_type type, const void *message)
{
	if (!z->reports_n && actor_send(z->actor, dispatcher(z), type, message))
		return;
	if (z->reports_n < REPORTS_MAX) /* beyond, the dispatcher has long been away and will ask again */
		keep(z, type, message);
}

static void flush(struct zoho *z)
{
	struct report *r;
	while ((r = STAILQ_FIRST(&z->reports)) && actor_send(z->actor, dispatcher(z), r->type, &r->message)) {
		STAILQ_REMOVE_HEAD(&z->reports, in_zoho);
		z->reports_n--;
		free(r);
	}
	if (r)
		zoho_wake_in_ms(z, RETRY_MS);
}

/* The words for why Zoho isn't asked now, and until when; false when nothing is in the way. */
static bool blocked(const struct zoho *z, char *why, size_t size, int64_t *until_us)
{
	const struct budget *b = &z->budget;
	int64_t now_ms = zoho_now_ms(), until_ms;
	if (zoho_budget_day_over(b, now_ms, &until_ms)) {
		snprintf(why, size, "Zoho's calls for today are used up");
	} else if (b->memory->minute_until_ms > now_ms) {
		until_ms = b->memory->minute_until_ms;
		snprintf(why, size, "Zoho's calls for this minute are used up (code 44)");
	} else if (zoho_breakers_shut(z) >> BREAKER_AUTH & 1 && !*z->keeper.token.access) {
		until_ms = now_ms + zoho_breaker_wait_ms(z, BREAKER_AUTH);
		snprintf(why, size, "circuit breaker '%s' is open", breaker_names[BREAKER_AUTH]);
	} else {
		return false;
	}
	*until_us = until_ms * 1000;
	return true;
}

/* Which lanes a breaker keeps from which products, the first in words; INT64_MAX: none. */
static int64_t name_shut(const struct zoho *z, uint64_t shut, char *why, size_t size)
{
	int64_t first = INT64_MAX;
	for (int i = BREAKERS - 1; i >= 0; i--) {
		if (!(shut >> i & 1))
			continue;
		int64_t wait = zoho_breaker_wait_ms(z, i);
		first = wait < first ? wait : first;
		snprintf(why, size, "circuit breaker '%s' is open", breaker_names[i]);
	}
	return first;
}

static void describe(struct zoho *z, struct msg_zoho_state *m, char *why, size_t size)
{
	int64_t now_ms = zoho_now_ms(), left = zoho_budget_day_left(&z->budget, now_ms);
	const struct token *t = &z->keeper.token;
	bool stopped;
	int64_t until_us;
	char unused[2];
	const char *no_token = zoho_keeper_blocked(z, &stopped, &until_us);
	*m = (struct msg_zoho_state){.authorized = !*z->target.missing && !t->stopped,
		.minute_left = (uint64_t)zoho_budget_minute_left(&z->budget, now_ms),
		.day_left = left < 0 ? 0 : (uint64_t)left,
		.day_limit = (uint64_t)zoho_budget_day_limit(&z->budget),
		.day_resets_us = z->budget.memory->day_resets_ms * 1000,
		.shut = zoho_breakers_shut(z)};
	z->budget.memory->minute_left = (int64_t)m->minute_left;
	*why = 0;
	if (*z->target.missing) {
		snprintf(why, size, "%s", z->target.missing);
	} else if (t->stopped || no_token) {
		m->until_us = until_us;
		snprintf(why, size, "%s", no_token ? no_token : t->why);
	} else {
		m->open = !blocked(z, why, size, &m->until_us);
	}
	zoho_wake_in_ms(z, name_shut(z, m->shut, *why ? unused : why, *why ? sizeof unused : size));
	m->why = str_of(why);
	if (m->until_us)
		zoho_wake_in_ms(z, (m->until_us - now_us()) / 1000 + 1);
	else if (m->minute_left < (uint64_t)z->budget.limits.per_minute_max)
		zoho_wake_in_ms(z, MINUTE_LOOK_MS); /* it fills up again by itself */
}

static bool differs(const struct msg_zoho_state *a, const struct msg_zoho_state *b)
{
	int64_t shift = a->until_us - b->until_us;
	return a->open != b->open || a->shut != b->shut || a->authorized != b->authorized || shift > 2000000 ||
	       shift < -2000000;
}

static bool counts_differ(const struct msg_zoho_state *a, const struct msg_zoho_state *b)
{
	return a->minute_left != b->minute_left || a->day_left != b->day_left || a->day_limit != b->day_limit;
}

void zoho_told_nothing(struct zoho *z)
{
	z->told_ns = 0;
}

void zoho_tell(struct zoho *z)
{
	struct msg_zoho_state m;
	char why[sizeof z->told_why];
	flush(z);
	describe(z, &m, why, sizeof why);
	bool first = !z->told_ns, changed = first || differs(&m, &z->told) || strcmp(why, z->told_why) != 0;
	int64_t next = z->told_ns + NUMBERS_EVERY_MS * INT64_C(1000000);
	if (!changed && !counts_differ(&m, &z->told))
		return;
	if (!changed && loop_clock() < next) {
		zoho_wake_in_ms(z, (next - loop_clock()) / 1000000 + 1);
		return;
	}
	if (!actor_send(z->actor, dispatcher(z), MSG_ZOHO_STATE, &m)) {
		zoho_wake_in_ms(z, RETRY_MS);
		return;
	}
	if (changed && (!first || *why))
		log_info(
			"Zoho's state", LF_INT("open", m.open), LF_INT("authorized", m.authorized), LF_STR("why", why));
	z->told = m;
	z->told.why = (struct str){0};
	snprintf(z->told_why, sizeof z->told_why, "%s", why);
	z->told_ns = loop_clock();
}

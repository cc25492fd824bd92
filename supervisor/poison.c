/* Owns the count of deaths per record: two crashes or hangs, or three SIGKILLs from outside, with the same record in
 * hand, and it is handed to the restarted actor as one to give up on. */
#include "supervisor/poison.h"
#include <stdio.h>
#include <string.h>

static const int64_t memory_ns =
	INT64_C(3600) * 1000000000; /* deaths further apart have nothing to do with each other */

static bool matches(const struct suspect *s, enum actor_kind kind, const char *entity)
{
	return s->kind == kind && (!entity || strcmp(s->entity, entity) == 0);
}

static void forget_old(struct poison *p, int64_t now_ns)
{
	for (int i = 0; i < SUSPECTS_MAX; i++)
		if (p->at[i].kind && now_ns - p->at[i].last_ns > memory_ns)
			p->at[i] = (struct suspect){0};
}

/* The record's entry, a free one, or the one that died longest ago. */
static struct suspect *place_of(struct poison *p, enum actor_kind kind, const char *entity, const char *id)
{
	struct suspect *oldest = &p->at[0];
	for (int i = 0; i < SUSPECTS_MAX; i++)
		if (matches(&p->at[i], kind, entity) && strcmp(p->at[i].id, id) == 0)
			return &p->at[i];
	for (int i = 0; i < SUSPECTS_MAX; i++)
		if (!p->at[i].kind)
			return &p->at[i];
		else if (p->at[i].last_ns < oldest->last_ns)
			oldest = &p->at[i];
	*oldest = (struct suspect){0};
	return oldest;
}

static uint32_t points_of(enum death_cause cause)
{
	return cause == DEATH_CRASH || cause == DEATH_HUNG ? POINTS_CRASH : cause == DEATH_OUTSIDE ? POINTS_OUTSIDE : 0;
}

struct suspect *poison_death(struct poison *p, enum actor_kind kind, const char *entity, const char *id,
	enum death_cause cause, int64_t now_ns, const char *obituary)
{
	uint32_t points = points_of(cause);
	if (!points || !*id)
		return NULL;
	forget_old(p, now_ns);
	struct suspect *s = place_of(p, kind, entity, id);
	s->kind = kind;
	snprintf(s->entity, sizeof s->entity, "%s", entity);
	snprintf(s->id, sizeof s->id, "%s", id);
	snprintf(s->obituary, sizeof s->obituary, "%s", obituary);
	s->points += points;
	s->deaths++;
	s->last_ns = now_ns;
	s->handed_ns = 0;
	return s;
}

bool poison_is(const struct suspect *s)
{
	return s->points >= POINTS_POISON;
}

uint32_t poison_skips(
	struct poison *p, enum actor_kind kind, const char *entity, int64_t now_ns, struct boot_skip to[], uint32_t max)
{
	uint32_t n = 0;
	forget_old(p, now_ns);
	for (int i = 0; i < SUSPECTS_MAX && n < max; i++) {
		struct suspect *s = &p->at[i];
		if (!matches(s, kind, entity) || !poison_is(s))
			continue;
		memcpy(to[n].entity, s->entity, sizeof s->entity);
		memcpy(to[n].id, s->id, sizeof s->id);
		memcpy(to[n].obituary, s->obituary, sizeof s->obituary);
		s->handed_ns = now_ns;
		n++;
	}
	return n;
}

void poison_served(struct poison *p, enum actor_kind kind, const char *entity, int64_t since_ns)
{
	for (int i = 0; i < SUSPECTS_MAX; i++) {
		struct suspect *s = &p->at[i];
		if (matches(s, kind, entity) && poison_is(s) && s->handed_ns && s->handed_ns <= since_ns)
			*s = (struct suspect){0};
	}
}

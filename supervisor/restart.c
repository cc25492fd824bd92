/* Owns the arithmetic of restarts, because "when does it come back" must be answerable from one page. */
#include "supervisor/restart.h"
#include <string.h>

const char *const death_names[DEATH_CAUSES] = {
	[DEATH_ASKED] = "drained",
	[DEATH_EXIT] = "exit",
	[DEATH_CRASH] = "crash",
	[DEATH_HUNG] = "hang",
	[DEATH_OUTSIDE] = "killed",
	[DEATH_TEMPORARY] = "temporary",
	[DEATH_PERMANENT] = "permanent",
};

int64_t backoff(int64_t min_ns, int64_t max_ns, uint32_t nth, uint32_t random)
{
	int64_t pause = min_ns;
	for (uint32_t i = 1; i < nth && pause < max_ns; i++)
		pause = pause > INT64_MAX / 4 ? max_ns : pause * 2;
	if (pause > max_ns)
		pause = max_ns;
	pause = pause / 4 * 3 + pause / 2 / 1024 * (int64_t)(random % 1025);
	return pause < max_ns ? pause : max_ns;
}

static uint64_t crashes_since(const struct deaths *d, int64_t since_ns)
{
	uint64_t n = 0, kept = d->crashes < DEATHS_KEPT ? d->crashes : DEATHS_KEPT;
	while (n < kept && d->crashes_ns[(d->crashes - 1 - n) % DEATHS_KEPT] >= since_ns)
		n++;
	return n;
}

/* A limit larger than what is kept counts as what is kept. */
static bool too_many_crashes(const struct deaths *d, const struct restart_limits *l, int64_t now_ns)
{
	int64_t max = l->deaths_max < DEATHS_KEPT ? l->deaths_max : DEATHS_KEPT - 1;
	return (int64_t)crashes_since(d, now_ns - l->window_ns) > max;
}

static struct judgement judge_outside(struct deaths *d, const struct restart_limits *l, const struct death *death)
{
	if (death->at_ns - d->outside_since_ns > l->window_ns) {
		d->outside_since_ns = death->at_ns;
		d->outside = 0;
	}
	if (++d->outside > l->outside_kills_max)
		return (struct judgement){COOL_DOWN, l->cooldown_ns};
	return (struct judgement){START_NOW, 0};
}

/* A crash or hang that no record is blamed for. START_NOW: nothing special, the ordinary pauses apply. */
static struct judgement judge_crash(struct deaths *d, const struct restart_limits *l, const struct death *death)
{
	d->crashes_ns[d->crashes++ % DEATHS_KEPT] = death->at_ns;
	if (death->at_ns < d->probation_ends_ns) {
		d->relapses++;
		if (l->essential && d->relapses >= l->essential_cooldowns_max)
			return (struct judgement){GIVE_UP, 0};
		return (struct judgement){COOL_DOWN, l->cooldown_ns};
	}
	if (too_many_crashes(d, l, death->at_ns))
		return (struct judgement){COOL_DOWN, l->cooldown_ns};
	return (struct judgement){START_NOW, 0};
}

/* The first death before the first message is free, as are the first five of any kind. */
static struct judgement judge_series(const struct deaths *d, const struct restart_limits *l, uint32_t random)
{
	uint32_t by_unheard = d->unheard > 1 ? d->unheard - 1 : 0;
	uint32_t by_any = d->any > DEATHS_OF_ANY_KIND_FREE ? d->any - DEATHS_OF_ANY_KIND_FREE : 0;
	uint32_t nth = by_unheard > by_any ? by_unheard : by_any;
	if (nth == 0)
		return (struct judgement){START_NOW, 0};
	return (struct judgement){START_LATER, backoff(l->backoff_min_ns, l->backoff_max_ns, nth, random)};
}

struct judgement deaths_judge(
	struct deaths *d, const struct restart_limits *l, const struct death *death, uint32_t random)
{
	if (death->cause == DEATH_PERMANENT)
		return (struct judgement){PARK, 0};
	if (death->cause == DEATH_OUTSIDE)
		return judge_outside(d, l, death);
	if (death->uptime_ns > l->window_ns)
		d->unheard = d->any = d->relapses = 0;
	d->any++;
	d->unheard += death->unheard;
	if ((death->cause == DEATH_CRASH || death->cause == DEATH_HUNG) && !death->suspect) {
		struct judgement j = judge_crash(d, l, death);
		if (j.verdict != START_NOW)
			return j;
	}
	return judge_series(d, l, random);
}

void deaths_after_cooldown(struct deaths *d, int64_t now_ns, int64_t window_ns)
{
	d->crashes = d->unheard = d->any = 0;
	d->outside = 0;
	d->probation_ends_ns = now_ns + window_ns;
}

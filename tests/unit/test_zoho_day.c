/* A day at ten times the usual load, in simulated time: the budget as zoho-io asks it, against a Zoho written down here
 * independently of it. Another program spends the same quota, requests overtake each other, webhooks come in bursts. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "actors/zoho_io/budget.h"

enum {
	MINUTE = 60000,
	HOUR = 60 * MINUTE,
	DAY = 86400000,
	STEP = 100,
	PER_MINUTE = 100,
	PER_DAY = 10000,
	AT_ONCE = 5,
	FLYING_MAX = 16,
	WAITING_MAX = 4096,
	WEBHOOKS_USUAL = 1000 / 4, /* Zoho sends 1,000 webhooks a day; a quarter without their record */
	TEN_TIMES = 10,
};
static const int64_t morning = INT64_C(1795478400000);

struct zoho { /* what Zoho counts */
	int64_t arrivals[PER_MINUTE];
	int next, inside, spent;
	int refused[4]; /* 44, 45, 1070, other */
	int64_t day_ends;
};

struct flight {
	enum lane lane;
	int64_t arrives, ends; /* ends 0: none */
	bool inside;
	int code;
};

struct world {
	struct budget b;
	struct slot_zoho memory;
	struct zoho zoho;
	struct flight flying[FLYING_MAX];
	int64_t waiting[WAITING_MAX]; /* realtime: since when */
	int head, tail;
	int wanted[LANES]; /* calls that the other lanes want */
	int made[LANES], foreign, came;
	int64_t longest_ms, waits_over_second;
	unsigned short dice[3];
};

static double chance(struct world *w)
{
	return erand48(w->dice);
}

static int judge(struct zoho *z, int64_t now)
{
	if (z->inside >= AT_ONCE)
		return ZOHO_CODE_AT_ONCE;
	if (z->arrivals[z->next] > now - MINUTE)
		return ZOHO_CODE_MINUTE;
	if (z->spent >= PER_DAY)
		return ZOHO_CODE_DAY;
	z->arrivals[z->next] = now;
	z->next = (z->next + 1) % PER_MINUTE;
	z->spent++;
	return 0;
}

static void arrive(struct world *w, struct flight *f, int64_t now)
{
	f->code = judge(&w->zoho, now);
	f->inside = !f->code;
	w->zoho.inside += f->inside;
	f->arrives = INT64_MAX;
	f->ends = f->code ? now + 50 : now + 200 + (int64_t)(chance(w) * 400);
}

static void come_back(struct world *w, struct flight *f, int64_t now)
{
	struct zoho *z = &w->zoho;
	z->inside -= f->inside;
	zoho_budget_back(&w->b, f->lane);
	zoho_budget_told(&w->b, PER_DAY, PER_DAY - z->spent, (z->day_ends - now) / 1000, now);
	if (f->code) {
		z->refused[f->code == 44 ? 0 : f->code == 45 ? 1 : f->code == 1070 ? 2 : 3]++;
		zoho_budget_refused(&w->b, &(struct refusal){f->code, -1, f->lane, 0}, now);
	} else {
		zoho_budget_went_well(&w->b, f->lane, 0, now);
	}
	f->ends = 0;
}

static void fly(struct world *w, int64_t now)
{
	for (int i = 0; i < FLYING_MAX; i++) {
		struct flight *f = &w->flying[i];
		if (f->ends && f->arrives <= now)
			arrive(w, f, now);
		else if (f->ends && f->arrives == INT64_MAX && f->ends <= now)
			come_back(w, f, now);
	}
}

static bool start(struct world *w, enum lane lane, int64_t now)
{
	bool any = lane == LANE_REALTIME ? w->head != w->tail : w->wanted[lane] > 0;
	if (!any || zoho_budget_wait(&w->b, lane, now))
		return false;
	struct flight *f = w->flying;
	while (f->ends)
		f++;
	zoho_budget_take(&w->b, lane, now);
	*f = (struct flight){.lane = lane, .arrives = now + 20 + (int64_t)(chance(w) * 1500), .ends = INT64_MAX};
	w->made[lane]++;
	if (lane != LANE_REALTIME) {
		w->wanted[lane]--;
		return true;
	}
	int64_t waited = now - w->waiting[w->head];
	w->head = (w->head + 1) % WAITING_MAX;
	w->longest_ms = waited > w->longest_ms ? waited : w->longest_ms;
	w->waits_over_second += waited > 1000;
	return true;
}

/* Two thirds of the webhooks come in eight hours, one in ten of them in a crowd of five. */
static void load(struct world *w, int64_t now)
{
	int64_t of_day = now - morning;
	bool busy = of_day > DAY / 3 && DAY - of_day > DAY / 3;
	double a_day = WEBHOOKS_USUAL * TEN_TIMES / 1.4, per_step = a_day * STEP / DAY * (busy ? 2 : 0.5);
	for (int n = chance(w) < per_step ? chance(w) < 0.1 ? 5 : 1 : 0; n > 0; n--) {
		w->waiting[w->tail] = now;
		w->tail = (w->tail + 1) % WAITING_MAX;
		w->came++;
	}
	if (of_day % HOUR == 0)
		w->wanted[LANE_USER] += 60; /* somebody syncs everything each hour */
	if (of_day % (HOUR / 2) == 0)
		w->wanted[LANE_SCHEDULED] += 60;
	w->wanted[LANE_DETAIL] = w->wanted[LANE_DRIFT] = 1000; /* never done */
	if (chance(w) < 1000.0 * STEP / DAY && !judge(&w->zoho, now))
		w->foreign++; /* another program */
}

static void live(struct world *w, int64_t from, int64_t to)
{
	for (int64_t now = from; now < to; now += STEP) {
		load(w, now);
		fly(w, now);
		for (int lane = 0; lane < LANES; lane++)
			while (start(w, (enum lane)lane, now))
				;
	}
}

static struct world *fresh(unsigned short seed)
{
	static struct world w;
	memset(&w, 0, sizeof w);
	w.dice[0] = seed;
	w.zoho.day_ends = morning + DAY;
	zoho_budget_open(&w.b, &(struct budget_limits){PER_MINUTE, AT_ONCE, 0, 10, 0, 0}, &w.memory);
	return &w;
}

static int refused(const struct world *w)
{
	const int *r = w->zoho.refused;
	return r[0] + r[1] + r[2] + r[3];
}

Test(zoho_day, at_ten_times_the_usual_load_nothing_is_refused_and_no_webhook_waits, .timeout = 60)
{
	for (unsigned short seed = 1; seed <= 3; seed++) {
		struct world *w = fresh(seed);
		live(w, morning, morning + DAY);
		cr_log_info(
			"%d webhooks, the longest waited %d ms, %d more than a second; calls: realtime %d user %d scheduled "
			"%d detail %d drift %d, of another program %d; %d of %d spent; %d refused",
			w->came, (int)w->longest_ms, (int)w->waits_over_second, w->made[LANE_REALTIME],
			w->made[LANE_USER], w->made[LANE_SCHEDULED], w->made[LANE_DETAIL], w->made[LANE_DRIFT],
			w->foreign, w->zoho.spent, PER_DAY, refused(w));
		cr_assert_eq(refused(w), 0, "seed %d", seed);
		cr_assert_gt(w->came, WEBHOOKS_USUAL * TEN_TIMES * 8 / 10);
		cr_assert_leq(w->came - w->made[LANE_REALTIME], 5, "all that came was fetched");
		cr_assert_leq(w->longest_ms, 3000, "behind a crowd of their own, never behind bulk");
		cr_assert_leq(w->waits_over_second, 10);
		cr_assert_gt(w->made[LANE_USER], 500);
		cr_assert_gt(w->made[LANE_DETAIL], 4000, "what may wait has its share, too");
		cr_assert_gt(w->zoho.spent, PER_DAY * 9 / 10, "the day isn't left unused, either");
	}
}

Test(zoho_day, a_new_day_goes_on_by_itself, .timeout = 60)
{
	struct world *w = fresh(4);
	w->zoho.spent = PER_DAY - 300; /* others had nearly all of it */
	live(w, morning, morning + DAY);
	int before = w->made[LANE_USER], fetched = w->made[LANE_REALTIME];
	cr_assert_eq(w->zoho.refused[1], 0, "the header says that it is used up: nobody asks");
	cr_assert_gt(fetched, 100, "the last calls are the webhooks'");
	cr_assert_leq(before, AT_ONCE, "those that went out before the first header came");
	w->zoho.spent = 0;
	w->zoho.day_ends += DAY;
	live(w, morning + DAY, morning + DAY + 3600000);
	cr_log_info("%d fetched and %d of a person's before, %d and %d in an hour of the next day, %d wait", fetched,
		before, w->made[LANE_REALTIME], w->made[LANE_USER], (w->tail - w->head + WAITING_MAX) % WAITING_MAX);
	cr_assert_eq(w->head, w->tail, "no webhook waits any more");
	cr_assert_gt(w->made[LANE_USER], 500);
	cr_assert_leq(
		refused(w), AT_ONCE, "when 2,400 webhooks fill the minute, another program's call overfills it once");
}

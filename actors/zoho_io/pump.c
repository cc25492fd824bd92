/* Owns the order of calls: what waits is looked at once per turn, most urgent lane first, and started when breaker,
 * ring, token and budget allow it. */
#include "actors/zoho_io/images.h"
#include <inttypes.h>
#include <stdio.h>

int64_t zoho_now_ms(void)
{
	return now_us() / 1000;
}

void zoho_wake_in_ms(struct zoho *z, int64_t ms)
{
	if (ms == INT64_MAX)
		return;
	int64_t at = loop_clock() + (ms > 86400000 ? 86400000 : ms < 1 ? 1 : ms) * 1000000;
	if (at < z->wake_ns)
		z->wake_ns = at;
}

bool zoho_may_go(struct zoho *z, struct call *call)
{
	int64_t now = loop_clock();
	if (call->not_before_ns > now) {
		zoho_wake_in_ms(z, (call->not_before_ns - now) / 1000000 + 1);
		return false;
	}
	int64_t wait = zoho_breaker_wait_ms(z, zoho_breaker_of(call));
	if (!wait)
		wait = zoho_budget_burst_wait(&z->budget, call->lane, (int)call->of->product, zoho_now_ms());
	if (wait) {
		zoho_wake_in_ms(z, wait);
		return false;
	}
	return !call->to || zoho_room(z, call, 0);
}

/* False: nothing more of this lane for now. */
static bool start_one(struct zoho *z, enum lane lane)
{
	struct call *call = z->actor->draining ? NULL : zoho_fetch_next(z, lane);
	if (!call)
		call = zoho_scan_next(z, lane);
	if (!call && !z->actor->draining)
		call = zoho_image_next(z, lane);
	if (!call)
		return false;
	int64_t wait = zoho_budget_wait(&z->budget, lane, zoho_now_ms());
	if (wait) {
		zoho_wake_in_ms(z, wait);
		if (zoho_user_gave_up(call, wait))
			zoho_scans_refuse(z, LANE_USER, LANE_USER, ZOHO_CODE_DAY,
				"Zoho's calls for today are used up, but for those kept for webhooks "
				"(zoho.daily_reserve_percent)");
		return false;
	}
	enum token_need need = zoho_keeper_ask(z);
	if (need != TOKEN_USE && need != TOKEN_USE_AND_RENEW)
		return false;
	if (call->image)
		zoho_image_go(call);
	else if (call->page)
		zoho_scan_go(call);
	else
		zoho_fetch_go(call);
	return true;
}

static void describe_breaker(const struct zoho *z, int which, char *why, size_t size)
{
	snprintf(why, size,
		"circuit breaker '%s' is open: Zoho failed %" PRId64 " times in a row; tried again in %" PRId64 " s",
		breaker_names[which], z->breakers[which].failure_count, zoho_breaker_wait_ms(z, which) / 1000 + 1);
}

/* While a breaker is open, somebody who waits for a bulk sync is told so at once, and the dispatcher gets its records
 * back, for they would be in the way of others; the scans that nobody waits for stay until it is tried. */
static void refuse_behind_breakers(struct zoho *z)
{
	char why[REPLY_WHY_BYTES];
	uint64_t shut = zoho_breakers_shut(z);
	for (int i = 0; i < BREAKER_AUTH; i++) {
		enum lane lane = (enum lane)(i / PRODUCTS);
		enum product product = (enum product)(i % PRODUCTS);
		if (!(shut >> i & 1))
			continue;
		describe_breaker(z, i, why, sizeof why);
		if (lane == LANE_USER)
			zoho_scans_refuse_product(z, lane, product, CODE_BREAKER_OPEN, why);
		zoho_fetches_refuse_product(z, lane, product, why);
		if (product == entity_of(ENTITY_PRODUCT)->product)
			zoho_images_refuse(z, lane, lane, why);
	}
	if (shut >> BREAKER_AUTH & 1 && !*z->keeper.token.access) {
		describe_breaker(z, BREAKER_AUTH, why, sizeof why);
		zoho_scans_refuse(z, LANE_USER, LANE_USER, CODE_BREAKER_OPEN, why);
	}
}

static void refuse_what_cannot_be(struct zoho *z)
{
	int64_t until_us;
	bool stopped;
	if (*z->target.missing) {
		zoho_scans_refuse(z, LANE_REALTIME, LANE_DRIFT, CODE_NOT_AUTHORIZED, z->target.missing);
		zoho_fetches_refuse(z, CODE_NOT_AUTHORIZED, z->target.missing);
		return;
	}
	const char *why = z->keeper.refresh ? NULL : zoho_keeper_blocked(z, &stopped, &until_us);
	if (why && stopped) {
		zoho_scans_refuse(z, LANE_REALTIME, LANE_DRIFT, CODE_NOT_AUTHORIZED, why);
		zoho_fetches_refuse(z, CODE_NOT_AUTHORIZED, why);
	} else if (why && until_us - now_us() > USER_PATIENCE_MS * INT64_C(1000)) {
		zoho_scans_refuse(z, LANE_USER, LANE_USER, CODE_NOT_AUTHORIZED, why);
	}
	refuse_behind_breakers(z);
}

static void drain(struct zoho *z)
{
	bool done = zoho_is_idle(z) && !z->reports_n && !z->keeper.refresh;
	if (done || loop_clock() >= z->drain_ns)
		actor_drained(z->actor);
	else
		zoho_wake_in_ms(z, (z->drain_ns - loop_clock()) / 1000000 + 1);
}

void zoho_pump(struct zoho *z)
{
	z->wake_ns = INT64_MAX;
	zoho_tell(z); /* before anything is given back for that reason: it would come again at once */
	zoho_scans_tidy(z);
	zoho_fetches_tidy(z);
	refuse_what_cannot_be(z);
	if (!*z->target.missing)
		zoho_keeper_tick(z);
	for (int lane = 0; lane < LANES && !*z->target.missing && !z->actor->draining; lane++)
		while (start_one(z, (enum lane)lane))
			;
	zoho_scans_tidy(z);
	zoho_tell(z);
	if (z->actor->draining && !z->actor->drained)
		drain(z);
	alarm_set(&z->alarm, z->wake_ns);
}

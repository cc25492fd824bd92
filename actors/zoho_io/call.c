/* Owns one call to Zoho from the URL to the verdict: what it spends, what its reply teaches about token, budget and
 * breaker, whether it is tried again. */
#include "actors/zoho_io/zoho.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFUSALS_MAX = 50, YOUNG_S = 300 };

static bool url_of(const struct call *call, const char *path, char *url, size_t size)
{
	const struct zoho *z = call->zoho;
	int n = snprintf(url, size, "%s%s/%s%corganization_id=%s", zoho_keeper_api(z),
		zoho_product_path(call->of->product), path, strchr(path, '?') ? '&' : '?',
		z->actor->config.zoho_organization_id);
	return n > 0 && (size_t)n < size;
}

static void log_call(const struct call *call, const struct reply *r, const struct http_reply *http)
{
	log_correlation(call->correlation);
	if (r->verdict == REPLY_OK)
		log_info("call", LF_STR("entity", entity_names[call->of->id].name),
			LF_STR("lane", lane_names[call->lane]), LF_INT("status", r->status),
			LF_INT("bytes", http->length), LF_MS("took", http->took_ns), LF_MS("waited", call->waited_ns));
	else
		log_warn("call failed", LF_STR("entity", entity_names[call->of->id].name),
			LF_STR("lane", lane_names[call->lane]), LF_INT("status", r->status), LF_INT("code", r->code),
			LF_STR("why", r->why), LF_INT("attempt", call->attempts + 1), LF_MS("took", http->took_ns));
	log_correlation(NULL);
}

static void wait_for(struct call *call, int64_t ns)
{
	call->state = CALL_WAITING;
	call->since_ns = loop_clock();
	call->not_before_ns = call->since_ns + ns;
}

static int64_t backoff(const struct call *call)
{
	const struct config *c = &call->zoho->actor->config;
	unsigned doublings = call->attempts > 20 ? 20 : call->attempts - 1;
	int64_t ns = c->zoho_backoff_min << doublings;
	if (ns > c->zoho_backoff_max || ns <= 0)
		ns = c->zoho_backoff_max;
	return ns * 3 / 4 + (ns / 2 / 1000) * (random() % 1000);
}

static void on_transient(struct call *call, const struct reply *r, int64_t retry_after_s)
{
	if (++call->attempts >= (unsigned)call->zoho->actor->config.zoho_attempts_max) {
		call->over(call, r);
		return;
	}
	int64_t pause = backoff(call), asked = retry_after_s * 1000000000;
	wait_for(call, asked > pause && asked <= call->zoho->actor->config.zoho_backoff_max ? asked : pause);
}

static enum counter_id counter_of(int64_t code)
{
	return code == ZOHO_CODE_BURST	   ? COUNT_REFUSED_BURST
	       : code == ZOHO_CODE_DAY	   ? COUNT_REFUSED_DAY
	       : code == ZOHO_CODE_AT_ONCE ? COUNT_REFUSED_AT_ONCE
					   : COUNT_REFUSED_MINUTE;
}

/* What the refusal says of others than this call, the budget knows; only of calls at once is it each one's own. */
static void on_limited(struct call *call, struct reply *r, int64_t retry_after_s)
{
	struct zoho *z = call->zoho;
	struct refusal refusal = {r->code, retry_after_s, call->lane, (int)call->of->product};
	int64_t wait_ms = zoho_budget_refused(&z->budget, &refusal, zoho_now_ms());
	actor_count(z->actor, COUNT_CALLS_REFUSED, 1);
	actor_count(z->actor, counter_of(r->code), 1);
	if (++call->refusals > REFUSALS_MAX || zoho_user_gave_up(call, wait_ms)) {
		call->over(call, r);
		return;
	}
	wait_for(call, (r->code == ZOHO_CODE_AT_ONCE ? wait_ms * 1000000 : 0) + random() % 100000000);
}

/* One renewal per call; and where a fresh token didn't help before, this call or one beside it, a permission is missing: that must
 * not use up the tokens of everybody else. */
static void on_unauthorized(struct call *call, const struct reply *r)
{
	struct zoho *z = call->zoho;
	const struct token *t = &z->keeper.token;
	bool young = now_us() - t->issued_us < YOUNG_S * INT64_C(1000000);
	if (t->generation != call->token ||
		!*t->access) { /* others found it dead, too: that says nothing of a permission */
		wait_for(call, 0);
		return;
	}
	if (call->renewed || (young && (z->denied[call->entity] || z->cure[call->entity] == call->token))) {
		z->denied[call->entity] = true;
		call->over(call, r);
		return;
	}
	call->renewed = true;
	z->cure[call->entity] = call->token + 1;
	zoho_token_rejected(&z->keeper.token, call->token);
	wait_for(call, 0);
}

static void on_good(struct call *call, const struct reply *r, struct http_reply *http)
{
	struct zoho *z = call->zoho;
	if (call->token == z->keeper.token.generation) { /* an older token's answer may have been under way for long */
		z->denied[call->entity] = false;
		z->cure[call->entity] = 0;
	}
	zoho_budget_went_well(&z->budget, call->lane, (int)call->of->product, zoho_now_ms());
	if (call->to)
		zoho_room_learn(z, call, http->length);
	call->date_us = http->head.date_us;
	call->body = http->body;
	call->length = http->length;
	http->body = NULL;
	call->over(call, r);
}

static enum breaker_end end_of(const struct reply *r)
{
	if (r->verdict == REPLY_TRANSIENT)
		return r->code == CODE_SHAPE ? BREAKER_NEITHER : BREAKER_FAILURE;
	return r->verdict == REPLY_LIMITED || r->verdict == REPLY_UNAUTHORIZED ? BREAKER_NEITHER : BREAKER_SUCCESS;
}

static void settle(struct call *call, struct reply *r, struct http_reply *http)
{
	switch (r->verdict) {
	case REPLY_OK:
		on_good(call, r, http);
		return;
	case REPLY_TRANSIENT:
		on_transient(call, r, http->head.retry_after_s);
		return;
	case REPLY_LIMITED:
		on_limited(call, r, http->head.retry_after_s);
		return;
	case REPLY_UNAUTHORIZED:
		on_unauthorized(call, r);
		return;
	default:
		call->over(call, r);
	}
}

static void on_reply(void *ctx, struct http_reply *http)
{
	struct call *call = ctx;
	struct zoho *z = call->zoho;
	struct reply r;
	call->http = NULL;
	zoho_budget_back(&z->budget, call->lane);
	zoho_budget_told(&z->budget, http->head.day_limit, http->head.day_left, http->head.day_reset_s, zoho_now_ms());
	bool list = call->list || !call->of->detail_root;
	if (call->image)
		zoho_image_reply_read(&r, http);
	else
		zoho_reply_read(&r, list ? call->of->list_root : call->of->detail_root, list, http->error, http->status,
			http->body, http->length);
	zoho_breaker_note(z, zoho_breaker_of(call), http->too_big ? BREAKER_NEITHER : end_of(&r), call->trial);
	if (http->too_big) {
		r.verdict = REPLY_REFUSED;
		r.code = call->image ? r.code : CODE_TOO_BIG;
	}
	if (r.verdict != REPLY_OK && r.verdict != REPLY_NOT_FOUND)
		actor_count(z->actor, COUNT_CALLS_FAILED, 1);
	log_call(call, &r, http);
	settle(call, &r, http);
}

static void count(struct call *call)
{
	static const enum counter_id by_lane[] = {
#define LANE(id, name, suffix, counter, leaves, text) COUNT_##counter,
#include "actors/lanes.def"
#undef LANE
	};
	actor_count(call->zoho->actor, COUNT_CALLS, 1);
	actor_count(call->zoho->actor, by_lane[call->lane], 1);
}

static void send(struct call *call, const char *url)
{
	struct zoho *z = call->zoho;
	const struct config *c = &z->actor->config;
	char authorization[TOKEN_BYTES + 64];
	snprintf(authorization, sizeof authorization, "Authorization: Zoho-oauthtoken %s", z->keeper.token.access);
	call->http = zoho_http_start(z->http,
		&(struct http_request){.url = url,
			.headers = {authorization,
				call->image ? "Accept: image/*, application/json" : "Accept: application/json"},
			.body_max = (size_t)(call->image ? c->zoho_image_bytes_max : c->zoho_page_bytes_max),
			.too_big = call->image ? "it is larger than zoho.image_bytes_max" : NULL,
			.timeout_ns = c->zoho_timeout,
			.connect_timeout_ns = c->zoho_connect_timeout},
		on_reply, call);
	explicit_bzero(authorization, sizeof authorization);
	if (!call->http)
		die(EXIT_TEMPORARY, "libcurl can't start a call: out of memory");
}

void zoho_call_start(struct call *call, const char *path)
{
	struct zoho *z = call->zoho;
	char url[CALL_URL_BYTES];
	if (!url_of(call, path, url, sizeof url)) {
		struct reply r = {.verdict = REPLY_REFUSED, .code = CODE_NOT_POSSIBLE, .why = "the URL is too long"};
		call->over(call, &r);
		return;
	}
	zoho_budget_take(&z->budget, call->lane, zoho_now_ms()); /* before it goes out: a killed process has spent it */
	call->trial = zoho_breaker_go(z, zoho_breaker_of(call));
	call->state = CALL_FLYING;
	call->token = z->keeper.token.generation;
	call->sent_us = now_us();
	if (!call->tried_us)
		call->tried_us = call->sent_us;
	call->waited_ns = loop_clock() - call->since_ns;
	count(call);
	send(call, url);
}

void zoho_call_stop(struct call *call)
{
	struct zoho *z = call->zoho;
	if (call->http) {
		zoho_http_abort(call->http);
		zoho_budget_back(&z->budget, call->lane);
		zoho_breaker_note(z, zoho_breaker_of(call), BREAKER_NEITHER, call->trial);
	}
	call->http = NULL;
	zoho_room_back(call);
	free(call->body);
	call->body = NULL;
}

/* Somebody waits for a bulk sync he asked for: he is told rather than kept for hours. */
bool zoho_user_gave_up(const struct call *call, int64_t wait_ms)
{
	return (call->list || call->image) && call->lane == LANE_USER && wait_ms > USER_PATIENCE_MS &&
	       wait_ms != INT64_MAX;
}

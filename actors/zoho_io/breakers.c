/* Owns the circuit breakers' part in what goes on: which one a call belongs to, and that a change is logged, counted and
 * told. They stand in the slot: a killed zoho-io must not ask a Zoho that is down all over again. */
#include "actors/zoho_io/zoho.h"
#include "sql_embedded.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int64_t clock_ms(void)
{
	return loop_clock() / 1000000;
}

void zoho_breakers_open(struct zoho *z)
{
	const struct config *c = &z->actor->config;
	struct slot_zoho *memory = &z->actor->slot->zoho;
	char about[2 * TARGET_URL_BYTES];
	snprintf(about, sizeof about, "%s %s", c->zoho_organization_id, z->target.api);
	uint64_t target = id_hash(str_of(about));
	if (memory->target != target) /* what is remembered is of somebody else */
		memset(memory, 0, sizeof *memory);
	memory->target = target;
	z->breakers = memory->breakers;
	z->breaker_limits = (struct breaker_limits){.failures = c->breaker_failures,
		.successes = c->breaker_successes,
		.half_open_calls_max = c->breaker_half_open_calls_max,
		.timeout_ms = c->breaker_timeout / 1000000};
	for (int i = 0; i < BREAKERS; i++)
		zoho_breaker_adopt(&z->breakers[i], &z->breaker_limits, clock_ms());
}

int zoho_breaker_of(const struct call *call)
{
	return (int)call->lane * PRODUCTS + (int)call->of->product;
}

int64_t zoho_breaker_wait_ms(const struct zoho *z, int which)
{
	return zoho_breaker_wait(&z->breakers[which], &z->breaker_limits, clock_ms());
}

uint64_t zoho_breakers_shut(const struct zoho *z)
{
	uint64_t shut = 0;
	for (int i = 0; i < BREAKERS; i++)
		if (z->breakers[i].state == BREAKER_OPEN && zoho_breaker_wait_ms(z, i))
			shut |= UINT64_C(1)
				<< i; /* after its time it is tried with the next call, so that one must come */
	return shut;
}

bool zoho_product_answers(const struct zoho *z, enum product product, int64_t since_us)
{
	for (int i = (int)product; i < BREAKER_AUTH; i += PRODUCTS)
		if (z->breakers[i].last_success_us >= since_us)
			return true;
	return false;
}

static void changed(struct zoho *z, int which, uint32_t before)
{
	const struct slot_breaker *b = &z->breakers[which];
	uint32_t now = b->state;
	if (now == before)
		return;
	log_warn("circuit breaker", LF_STR("breaker", breaker_names[which]), LF_STR("from", zoho_breaker_words[before]),
		LF_STR("to", zoho_breaker_words[now]), LF_INT("failures", b->failure_count));
	z->closed_unsaved += now == BREAKER_CLOSED;
}

bool zoho_breaker_go(struct zoho *z, int which)
{
	uint32_t before = z->breakers[which].state;
	bool trial = zoho_breaker_start(&z->breakers[which], &z->breaker_limits, clock_ms());
	changed(z, which, before);
	return trial;
}

void zoho_breaker_note(struct zoho *z, int which, enum breaker_end end, bool trial)
{
	uint32_t before = z->breakers[which].state;
	zoho_breaker_end(&z->breakers[which], &z->breaker_limits, end, trial, clock_ms(), now_us());
	changed(z, which, before);
}

void zoho_breaker_close(struct zoho *z, int which, struct str who, struct str correlation)
{
	static const struct db_statement audit = {"zoho_breaker_reset", SQL_ZOHO_BREAKER_RESET};
	uint32_t before = z->breakers[which].state;
	char by[64], id[64];
	snprintf(by, sizeof by, "%.*s", (int)who.len, who.data ? who.data : "");
	snprintf(id, sizeof id, "%.*s", (int)correlation.len, correlation.data ? correlation.data : "");
	zoho_breaker_reset(&z->breakers[which]);
	changed(z, which, before);
	if (which == BREAKER_AUTH)
		zoho_keeper_ask_anew(z);
	log_info("circuit breaker reset", LF_STR("breaker", breaker_names[which]), LF_STR("by", by));
	db_query(z->db, &audit, NULL, NULL, 5, z->actor->config.zoho_organization_id, breaker_names[which],
		zoho_breaker_words[before], by, id);
}

static void on_saved(void *ctx, const struct db_reply *r)
{
	struct zoho *z = ctx;
	if (r->failure == DB_OK)
		z->closed_unsaved -= z->closed_saving;
	z->closed_saving = 0;
}

void zoho_breakers_save(struct zoho *z)
{
	static const struct db_statement closed = {"zoho_breakers_closed", SQL_ZOHO_BREAKERS_CLOSED};
	char n[24];
	if (!z->closed_unsaved || z->closed_saving || !db_up(z->db))
		return;
	z->closed_saving = z->closed_unsaved;
	snprintf(n, sizeof n, "%" PRId64, z->closed_saving);
	db_query(z->db, &closed, on_saved, z, 2, z->actor->config.zoho_organization_id, n);
}

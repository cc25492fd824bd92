/* What is synchronised by itself (sync.schedule): every so often, or at a time of the day in UTC. Nothing runs before
 * its first time comes; a run of the same kind that is still going is joined, not doubled. */
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"

static const int64_t day_us = 86400000000;

/* Wall clock µs at which entry `s` is due next after `from`. */
static int64_t next_due(const struct config_schedule *s, int64_t from)
{
	if (s->every_ns > 0)
		return from + s->every_ns / 1000;
	int64_t today = from - from % day_us + (int64_t)s->at_minute * 60000000;
	return today > from ? today : today + day_us;
}

static bool known(const struct config_schedule *s, struct run_options *o, enum entity_id *entity)
{
	*entity = entity_by_bulk(str_of(s->name));
	return stock_named(str_of(s->name), o, entity) || *entity != ENTITY_NONE || !strcmp(s->name, "sync-all");
}

static void start(struct dispatcher *d, const struct config_schedule *s)
{
	enum entity_id entity;
	/* a whole list that nobody waits for is compared row by row */
	struct run_options o = {.verify = !s->incremental,
		.incremental = s->incremental,
		.per_page = (int)d->actor->config.sync_page_size};
	if (!known(s, &o, &entity))
		return;
	o.verify = o.verify && o.kind != RUN_STOCK; /* that is done too often */
	if (pause_holds(d, o.kind == RUN_PULL ? entity : ENTITY_PRODUCT))
		log_info("sync left out: it is paused", LF_STR("entity", s->name));
	else
		run_start(d, entity, &o, "", "schedule", LANE_SCHEDULED, NULL);
}

void schedule_tick(struct dispatcher *d)
{
	const struct config_schedules *all = &d->actor->config.sync_schedule;
	int64_t now = now_us();
	if (!all->n || d->actor->draining)
		return;
	if (!d->due_us) {
		d->due_us = calloc(all->n, sizeof *d->due_us);
		if (!d->due_us)
			die(EXIT_TEMPORARY, "out of memory");
		for (size_t i = 0; i < all->n; i++)
			d->due_us[i] = next_due(&all->at[i], now);
	}
	bool may = db_up(d->db) && d->zoho.known && d->zoho.authorized && d->zoho.open &&
		   !zoho_shut(d, LANE_SCHEDULED, ENTITY_NONE);
	for (size_t i = 0; i < all->n; i++) {
		if (now < d->due_us[i] || !may || now < stretch_due(d, i))
			continue;
		d->due_us[i] = next_due(&all->at[i], now);
		stretch_ran(d, i);
		start(d, &all->at[i]);
	}
}

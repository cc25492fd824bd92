/* Owns the table of what a healing run does: each step's statement, its parameters and what its numbers count. */
#include <inttypes.h>
#include <string.h>
#include "actors/healer/healer.h"
#include "sql_embedded.h"

static const int64_t up_for_a_while_ns = 60000000000;

#define TEXT_PARAM(name, value)                                                                                        \
	static void name(const struct healer *h, struct buf *b)                                                        \
	{                                                                                                              \
		(void)h;                                                                                               \
		buf_str(b, value);                                                                                     \
	}
#define NUMBER_PARAM(name, value)                                                                                      \
	static void name(const struct healer *h, struct buf *b)                                                        \
	{                                                                                                              \
		buf_fmt(b, "%" PRId64, (int64_t)(h->actor->config.value));                                             \
	}
TEXT_PARAM(organization, h->actor->config.zoho_organization_id)
TEXT_PARAM(automatic, "true")
TEXT_PARAM(by_whom, *h->run.who ? h->run.who : "healer")
TEXT_PARAM(node, h->node)
TEXT_PARAM(handled, entities_handled())
TEXT_PARAM(correlation, h->run.correlation)
TEXT_PARAM(logs_table, "tds_sync_logs")
TEXT_PARAM(metrics_table, "tds_metrics")
NUMBER_PARAM(lease, healer_lease / 1000000)
NUMBER_PARAM(stuck_after, healer_stuck_after / 1000000)
NUMBER_PARAM(retry_after, healer_dlq_retry_after / 1000000)
NUMBER_PARAM(retries_max, healer_dlq_retries_max)
NUMBER_PARAM(batch, healer_batch_size)
NUMBER_PARAM(queue_warning, healer_queue_warning)
NUMBER_PARAM(queue_critical, healer_queue_critical)
NUMBER_PARAM(sync_lag, alerts_sync_lag_max / 1000000)
NUMBER_PARAM(certificate_age, sync_certificate_age_max / 1000000)
NUMBER_PARAM(keep_inbox, retention_inbox / 1000000)
NUMBER_PARAM(keep_queue, retention_queue / 1000000)
NUMBER_PARAM(keep_logs, retention_logs / 1000000)
NUMBER_PARAM(keep_metrics, retention_metrics / 1000000)

static void any(const struct healer *h, struct buf *b)
{
	(void)h, (void)b; /* NULL */
}

static void failure_rate(const struct healer *h, struct buf *b)
{
	buf_fmt(b, "%g", h->actor->config.alerts_failure_rate_max);
}

static void actors_up(const struct healer *h, struct buf *b)
{
	const struct actor *a = h->actor;
	bool first = true;
	buf_str(b, "{");
	for (uint32_t i = 0; i < a->boot->slots; i++) {
		const struct slot *s = slot_of(a->slots, (int)i);
		if (!*s->name || atomic_load(&s->state) != SLOT_READY ||
			loop_now(a->loop) - atomic_load(&s->started_ns) < up_for_a_while_ns)
			continue;
		buf_str(b, first ? "" : ",");
		buf_array_item(b, s->name, strnlen(s->name, sizeof s->name));
		first = false;
	}
	buf_str(b, "}");
}

#define SQL(name, text) .statement = {"healer_" name, text}
static const struct step steps[] = {
	[STEP_LEASE] = {SQL("lease", SQL_HEALER_LEASE), .params = {organization, node, lease}},
	{SQL("stuck", SQL_HEALER_STUCK), .params = {organization, stuck_after, batch}, .first = TALLY_STUCK,
		.second = TALLY_LOCKS, .repeats = true, .puts_back = true},
	{SQL("retry", SQL_HEALER_RETRY),
		.params = {organization, any, any, any, automatic, retry_after, retries_max, batch, by_whom, handled,
			correlation},
		.first = TALLY_RETRIED, .repeats = true, .puts_back = true},
	{SQL("judge", SQL_HEALER_JUDGE),
		.params = {organization, queue_warning, queue_critical, failure_rate, sync_lag, actors_up,
			certificate_age, handled},
		.first = TALLY_ALERTS},
	{SQL("keep_ahead", SQL_HEALER_KEEP_AHEAD)},
	{SQL("trim_inbox", SQL_HEALER_TRIM_INBOX), .params = {organization, keep_inbox, batch}, .first = TALLY_REMOVED,
		.repeats = true},
	{SQL("trim_queue", SQL_HEALER_TRIM_QUEUE), .params = {organization, keep_queue, batch}, .first = TALLY_REMOVED,
		.repeats = true},
	{SQL("trim_pages", SQL_HEALER_TRIM_PAGES), .params = {organization, keep_queue, batch}, .first = TALLY_REMOVED,
		.repeats = true},
	{SQL("trim_differences", SQL_HEALER_TRIM_DIFFERENCES), .params = {organization, keep_logs, batch},
		.first = TALLY_REMOVED, .repeats = true},
	{SQL("trim_partitions", SQL_HEALER_TRIM_PARTITIONS), .params = {logs_table, keep_logs, batch},
		.first = TALLY_REMOVED, .repeats = true},
	{SQL("trim_partitions", SQL_HEALER_TRIM_PARTITIONS), .params = {metrics_table, keep_metrics, batch},
		.first = TALLY_REMOVED, .repeats = true},
};
enum { STEPS = sizeof steps / sizeof *steps };
static void fixed(const struct healer *h, struct buf *b)
{
	buf_str(b, link_fixed(h->run.step - STEPS));
}

static const struct step link_step = {.params = {organization, batch}, .first = TALLY_LINKED, .repeats = true};
static const struct step mapped_link_step = {
	.params = {organization, batch, fixed}, .first = TALLY_LINKED, .repeats = true};

size_t steps_count(void)
{
	return STEPS + links_count();
}

const struct step *step_at(size_t i)
{
	return i < STEPS ? &steps[i] : link_fixed(i - STEPS) ? &mapped_link_step : &link_step;
}

const struct db_statement *step_statement(size_t i)
{
	return i < STEPS ? &steps[i].statement : link_statement(i - STEPS);
}

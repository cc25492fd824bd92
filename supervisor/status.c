/* Owns the two replies of the control socket that describe: status and where. What lies in shared memory is copied and
 * cut off before it is shown.
 *
 * status: {"ok":true,"version":"…","pid":1,"phase":"starting|running|stopping|drained","uptime_ms":…,"config":"…",
 *   "data_dir":"…","io":"io_uring","ready":true,"essential_ready":true,"abandoned":0,
 *   "database":{"private":true,"migrated":true,"up":true,"postgres":null|{"pid":…,"state":"ready","restarts":0,"uptime_ms":…,
 *   "last_death_s":0,"obituary":""}},
 *   "actors":[{"name":"handler:product#0","kind":"handler","entity":"product","worker":1,"essential":false,"pid":123,
 *     "state":"stopped|starting|ready|draining|hung|killed|backoff|cooldown|parked","health":"ready|degraded|starting|…",
 *     "note":"","io":"epoll","restarts":0,"uptime_ms":…,"heartbeat_age_ms":…,"starts_in_ms":…,"database_up":true,"handled":0,
 *     "in_hand":{"count":1,"entity":"product","id":"…"},"last_death_s":0,"obituary":"","counters":{"processed":0,…}}]}
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "ipc/buf.h"
#include "supervisor/supervisor.h"

static const char *const health_names[] = {"down", "starting", "ready", "degraded", "draining", "drained"};

static void put_text(struct buf *b, const char *key, const char *value, size_t max)
{
	buf_fmt(b, ",\"%s\":", key);
	buf_json(b, value, strnlen(value, max));
}

static void put_number(struct buf *b, const char *key, int64_t value)
{
	buf_fmt(b, ",\"%s\":%lld", key, (long long)value);
}

static void put_flag(struct buf *b, const char *key, bool value)
{
	buf_fmt(b, ",\"%s\":%s", key, value ? "true" : "false");
}

static void put_counters(struct buf *b, const struct slot *slot)
{
	buf_str(b, ",\"counters\":{");
	for (int i = 0; i < COUNTERS; i++)
		buf_fmt(b, "%s\"%s\":%llu", i ? "," : "", counter_names[i].name,
			(unsigned long long)atomic_load(&slot->counters[i]));
	buf_str(b, "}");
}

static void put_hand(struct buf *b, const struct slot *slot)
{
	uint32_t count = atomic_load(&slot->hand.count);
	if (!count)
		return;
	buf_fmt(b, ",\"in_hand\":{\"count\":%u", count);
	put_text(b, "entity", slot->hand.entity, sizeof slot->hand.entity);
	put_text(b, "id", slot->hand.id, sizeof slot->hand.id);
	buf_str(b, "}");
}

static void put_life(const struct supervisor *s, struct buf *b, const struct child *c)
{
	put_number(b, "pid", c->pid);
	put_text(b, "state", state_names[c->state], 32);
	put_number(b, "restarts", (int64_t)c->restarts);
	put_number(b, "uptime_ms", child_runs(c) ? (s->now - c->started_ns) / 1000000 : 0);
	if (c->state == CHILD_BACKOFF || c->state == CHILD_COOLDOWN)
		put_number(b, "starts_in_ms", (c->due_ns - s->now) / 1000000);
}

static void put_actor(const struct supervisor *s, struct buf *b, const struct child *c)
{
	const struct slot *slot = child_slot(s, c);
	uint32_t health = atomic_load(&slot->state);
	buf_str(b, "{\"name\":");
	buf_json(b, c->name, strlen(c->name));
	put_text(b, "kind", actor_kind_name(c->kind), 32);
	if (c->worker) {
		put_text(b, "entity", entity_names[c->entity].name, 32);
		put_number(b, "worker", c->worker);
	}
	put_flag(b, "essential", child_essential(c));
	put_life(s, b, c);
	put_text(b, "health", health <= SLOT_DRAINED ? health_names[health] : "?", 16);
	put_text(b, "note", slot->note, sizeof slot->note);
	put_text(b, "io", slot->io, sizeof slot->io);
	int64_t silent = s->now - atomic_load(&slot->heartbeat_ns);
	put_number(b, "heartbeat_age_ms", child_runs(c) && silent > 0 ? silent / 1000000 : 0);
	put_flag(b, "database_up", atomic_load(&slot->database_up) != 0);
	put_number(b, "handled", atomic_load(&slot->handled_since_start));
	put_hand(b, slot);
	put_number(b, "last_death_s", atomic_load(&slot->last_death_s));
	put_text(b, "obituary", slot->obituary, sizeof slot->obituary);
	put_counters(b, slot);
	buf_str(b, "}");
}

/* Any actor that is connected proves that the database is up. */
static bool database_up(const struct supervisor *s)
{
	for (int i = 1; i < s->children_n; i++)
		if (atomic_load(&child_slot(s, &s->children[i])->database_up))
			return true;
	return false;
}

static void put_database(const struct supervisor *s, struct buf *b)
{
	buf_fmt(b, ",\"database\":{\"private\":%s", s->postgres.wanted ? "true" : "false");
	put_flag(b, "migrated", s->migrated);
	put_flag(b, "up", database_up(s));
	buf_str(b, ",\"postgres\":");
	if (s->postgres.wanted) {
		buf_str(b, "{\"name\":\"postgres\"");
		put_life(s, b, &s->children[POSTGRES]);
		put_number(b, "last_death_s", s->postgres.last_death_s);
		put_text(b, "obituary", s->postgres.obituary, sizeof s->postgres.obituary);
		buf_str(b, "}");
	} else {
		buf_str(b, "null");
	}
	buf_str(b, "}");
}

static const char *io_in_use(const struct supervisor *s)
{
	for (int i = 1; i < s->children_n; i++)
		if (*child_slot(s, &s->children[i])->io)
			return child_slot(s, &s->children[i])->io;
	return "";
}

void status_write(const struct supervisor *s, struct buf *b)
{
	put_text(b, "version", TDS_VERSION, 64);
	put_number(b, "pid", getpid());
	put_text(b, "phase", phase_names[s->phase], 32);
	put_number(b, "uptime_ms", (s->now - s->started_ns) / 1000000);
	put_text(b, "config", s->config.file, 4096);
	put_text(b, "data_dir", s->config.tds_data_dir, 4096);
	put_text(b, "io", io_in_use(s), sizeof s->slots->io);
	put_flag(b, "ready", actors_ready(s, false));
	put_flag(b, "essential_ready", actors_ready(s, true));
	put_number(b, "abandoned", s->abandoned);
	put_database(s, b);
	buf_str(b, ",\"actors\":[");
	for (int i = 1; i < s->children_n; i++) {
		buf_str(b, i > 1 ? "," : "");
		put_actor(s, b, &s->children[i]);
	}
	buf_str(b, "]");
}

static void put_quoted(struct buf *b, const char *key, const char *value)
{
	buf_fmt(b, "%s%s='", b->len ? " " : "", key);
	for (; *value; value++)
		buf_fmt(b, *value == '\'' || *value == '\\' ? "\\%c" : "%c", *value);
	buf_str(b, "'");
}

/* For psql: libpq's own parser takes the connection string apart; secrets are left out. */
static void url_without_secrets(const struct supervisor *s, struct buf *to)
{
	PQconninfoOption *options = PQconninfoParse(s->url, NULL);
	for (PQconninfoOption *o = options; o && o->keyword; o++)
		if (o->val && *o->val && *o->dispchar != '*')
			put_quoted(to, o->keyword, o->val);
	if (options)
		PQconninfoFree(options);
}

void where_write(const struct supervisor *s, struct buf *b)
{
	struct buf url = {0};
	bool first = true;
	url_without_secrets(s, &url);
	buf_str(b, ",\"http\":[");
	for (uint32_t i = 0; i < s->listeners_n; i++) {
		if (s->listeners[i].trusted)
			continue;
		buf_str(b, first ? "" : ",");
		buf_json(b, s->listeners[i].name, strlen(s->listeners[i].name));
		first = false;
	}
	buf_str(b, "]");
	put_text(b, "api", s->api_path, sizeof s->api_path);
	put_text(b, "control", s->control_path, sizeof s->control_path);
	put_text(b, "database", url.len ? url.data : "", url.len);
	put_flag(b, "database_private", s->postgres.wanted);
	put_text(b, "data_dir", s->config.tds_data_dir, 4096);
	put_text(b, "config", s->config.file, 4096);
	put_text(b, "version", TDS_VERSION, 64);
	put_text(b, "io", io_in_use(s), sizeof s->slots->io);
	put_text(b, "log", s->config.log_file, 4096);
	buf_free(&url);
}

/* Owns the list of children: who there is follows from actors.def, entities.def and the number of workers. */
#include <stdio.h>
#include <string.h>
#include "supervisor/supervisor.h"

enum how_many { ONE, PER_ENTITY, PER_PROCESS };
static const struct {
	enum how_many many;
	bool essential;
	enum config_who who;
} kinds[ACTOR_KINDS] = {
#define WHO_HTTP_INGEST WHO_INGEST
#define ACTOR(id, symbol, name, needed, database, how_many)                                                            \
	[ACTOR_##id] = {.many = (how_many), .essential = (needed), .who = WHO_##id},
#include "actors/actors.def"
#undef ACTOR
};

static struct child *add(struct supervisor *s, enum actor_kind kind, uint32_t instance)
{
	if (s->children_n == SLOT_ACTORS_MAX)
		die(EXIT_CONFIG, "more than %d actors: fewer queue.workers or ingest.processes", SLOT_ACTORS_MAX - 1);
	struct child *c = &s->children[s->children_n++];
	*c = (struct child){.kind = kind, .instance = instance, .pidfd = -1, .bell_fd = -1, .due_ns = NEVER};
	return c;
}

static void add_one(struct supervisor *s, enum actor_kind kind)
{
	struct child *c = add(s, kind, 0);
	snprintf(c->name, sizeof c->name, "%s", actor_kind_name(kind));
	snprintf(c->title, sizeof c->title, "tds: %s", actor_kind_name(kind));
}

static void add_processes(struct supervisor *s, enum actor_kind kind, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct child *c = add(s, kind, i);
		snprintf(c->name, sizeof c->name, "%s#%u", actor_kind_name(kind), i);
		if (n > 1)
			snprintf(c->title, sizeof c->title, "tds: %s %u", actor_kind_name(kind), i);
		else
			snprintf(c->title, sizeof c->title, "tds: %s", actor_kind_name(kind));
	}
}

static void add_shards(struct supervisor *s, enum actor_kind kind, uint32_t entity, uint32_t *worker)
{
	const char *label = entity_names[entity].name;
	uint32_t n = (uint32_t)config_workers(&s->config, label);
	for (uint32_t shard = 0; shard < n; shard++) {
		struct child *c = add(s, kind, *worker);
		c->entity = entity;
		c->shard = shard;
		c->shards = n;
		c->worker = ++*worker;
		snprintf(c->name, sizeof c->name, "%s:%s#%u", actor_kind_name(kind), label, shard);
		if (n > 1)
			snprintf(c->title, sizeof c->title, "tds: %s %s %u", actor_kind_name(kind), label, shard);
		else
			snprintf(c->title, sizeof c->title, "tds: %s %s", actor_kind_name(kind), label);
	}
}

void children_make(struct supervisor *s)
{
	uint32_t worker = 0;
	snprintf(add(s, ACTOR_SUPERVISOR, 0)->name, sizeof s->children[0].name, "postgres");
	for (int kind = 1; kind < ACTOR_KINDS; kind++)
		switch (kinds[kind].many) {
		case ONE:
			add_one(s, (enum actor_kind)kind);
			break;
		case PER_PROCESS:
			add_processes(s, (enum actor_kind)kind, (uint32_t)s->config.ingest_processes);
			break;
		case PER_ENTITY:
			for (uint32_t entity = 1; entity < ENTITIES; entity++)
				add_shards(s, (enum actor_kind)kind, entity, &worker);
		}
}

bool child_called(const struct child *c, const char *name)
{
	char worker[24] = "";
	size_t n = strlen(name);
	if (c->worker)
		snprintf(worker, sizeof worker, "worker-%u", c->worker);
	if (!n)
		return false;
	if (!strcmp(c->name, name) || !strcmp(worker, name))
		return true;
	return !strncmp(c->name, name, n) && (c->name[n] == ':' || c->name[n] == '#');
}

struct child *child_named(struct supervisor *s, const char *name)
{
	for (int i = 0; i < s->children_n; i++)
		if (!strcmp(s->children[i].name, name))
			return &s->children[i];
	return NULL;
}

struct slot *child_slot(const struct supervisor *s, const struct child *c)
{
	return (struct slot *)((char *)s->slots + (size_t)(c - s->children) * SLOT_BYTES);
}

enum config_who child_who(const struct child *c)
{
	return kinds[c->kind].who;
}

bool child_essential(const struct child *c)
{
	return kinds[c->kind].essential;
}

/* The old service's start lines, word for word. */
void workers_announce(const struct supervisor *s)
{
	char line[160];
	unsigned n = 0;
	for (int i = 1; i < s->children_n; i++) {
		const struct child *c = &s->children[i];
		if (!c->worker)
			continue;
		n++;
		snprintf(line, sizeof line, "worker-%u [entity=%s, batch_size=%lld, poll_interval=%lldms]", c->worker,
			entity_names[c->entity].name, (long long)s->config.queue_batch_size,
			(long long)s->config.queue_poll_interval / 1000000);
		log_info(line, LF_INT("pid", c->pid));
	}
	snprintf(line, sizeof line, "%u workers started", n);
	log_info(line);
}

/* Owns the rings and doorbells: one ring per pair of instances on every edge of the topology, made once and kept for
 * life, so that whoever restarts goes on where the dead one stopped. A broken ring is emptied while neither side runs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include "supervisor/supervisor.h"

#define KIB(n) (UINT64_C(n) << 10)
#define MIB(n) (UINT64_C(n) << 20)
static const struct {
	enum actor_kind from, to;
	uint64_t bytes;
} topology[] = {
#define EDGE(from, to, bytes, text) {ACTOR_##from, ACTOR_##to, bytes},
#include "actors/topology.def"
#undef EDGE
};

static struct edge_ring *ring_between(struct supervisor *s, int from, int to)
{
	for (int i = 0; i < s->edges_n; i++)
		if (s->edges[i].from == from && s->edges[i].to == to)
			return &s->edges[i];
	return NULL;
}

static void make_ring(struct supervisor *s, int from, int to, uint64_t bytes)
{
	char name[80];
	if (ring_between(s, from, to))
		return; /* it came with an upgrade */
	if (s->edges_n == EDGES_MAX)
		die(EXIT_CONFIG, "more than %d rings: fewer queue.workers or ingest.processes", EDGES_MAX);
	snprintf(name, sizeof name, "tds:%s>%s", s->children[from].name, s->children[to].name);
	int fd = ring_create(name, bytes, message_version());
	if (fd < 0)
		die(EXIT_TEMPORARY, "ring %s: %s", name, strerror(errno));
	s->edges[s->edges_n++] = (struct edge_ring){.from = from, .to = to, .fd = fd};
}

static void make_bell(struct child *c)
{
	if (c->bell_fd < 0)
		c->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->bell_fd < 0)
		die(EXIT_TEMPORARY, "doorbell: %s", strerror(errno));
}

void edges_make(struct supervisor *s)
{
	for (int i = 1; i < s->children_n; i++)
		make_bell(&s->children[i]);
	for (size_t e = 0; e < sizeof topology / sizeof *topology; e++)
		for (int from = 0; from < s->children_n; from++)
			for (int to = 1; to < s->children_n; to++)
				if (s->children[from].kind == topology[e].from &&
					s->children[to].kind == topology[e].to)
					make_ring(s, from, to, topology[e].bytes);
	healer_attach(s);
}

/* Fills the edges of one actor and the descriptors they need; `first_fd` is the number the first will have. */
int edges_of(const struct supervisor *s, const struct child *c, struct boot_edge to[], int fds[], int first_fd)
{
	int self = (int)(c - s->children), n = 0;
	for (int i = 0; i < s->edges_n && n < BOOT_EDGES_MAX; i++) {
		const struct edge_ring *e = &s->edges[i];
		if (e->from != self && e->to != self)
			continue;
		int peer = e->from == self ? e->to : e->from;
		to[n] = (struct boot_edge){.role = e->from == self ? RING_PRODUCER : RING_CONSUMER,
			.peer_kind = (uint8_t)s->children[peer].kind,
			.peer_slot = (uint16_t)peer,
			.ring_fd = first_fd + 2 * n,
			.bell_fd = peer ? first_fd + 2 * n + 1 : -1};
		fds[2 * (size_t)n] = e->fd;
		fds[2 * (size_t)n + 1] = peer ? s->children[peer].bell_fd : e->fd;
		n++;
	}
	return n;
}

/* Would the actor, started now, choke on what comes next? */
static bool next_is_sound(struct ring *r)
{
	static struct message_scratch scratch;
	static union message message;
	struct ring_record record;
	void *copy =
		mmap(NULL, r->capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (copy == MAP_FAILED)
		return true;
	int got = ring_next(r, &record, copy, r->capacity);
	bool sound = got == 0 ||
		     (got == 1 && record.type < MSG_N &&
			     message_decode((enum message_type)record.type, copy, record.length, &message, &scratch));
	munmap(copy, r->capacity);
	return sound;
}

static bool is_sound(const struct edge_ring *e, enum ring_role role, bool look_at_next)
{
	struct ring r;
	if (ring_attach(&r, e->fd, role, message_version(), -1) != 0)
		return false;
	bool sound = role == RING_PRODUCER || !look_at_next || next_is_sound(&r);
	ring_detach(&r);
	return sound;
}

void edges_check(struct supervisor *s, struct child *c, bool look_at_next)
{
	int self = (int)(c - s->children);
	for (int i = 0; i < s->edges_n; i++) {
		struct edge_ring *e = &s->edges[i];
		if ((e->from != self && e->to != self) || e->broken)
			continue;
		e->broken = !is_sound(e, e->from == self ? RING_PRODUCER : RING_CONSUMER, look_at_next);
		if (e->broken)
			log_error("ring is broken, resetting it", LF_STR("from", s->children[e->from].name),
				LF_STR("to", s->children[e->to].name));
	}
}

static void reset(struct supervisor *s, struct edge_ring *e)
{
	int failed = ring_reset(e->fd, message_version());
	if (failed)
		log_error("ring can't be reset", LF_STR("from", s->children[e->from].name),
			LF_STR("to", s->children[e->to].name), LF_STR("error", strerror(-failed)));
	e->broken = failed != 0;
	if (e->to > 0)
		atomic_fetch_add(&child_slot(s, &s->children[e->to])->counters[COUNT_RINGS_RESET], 1);
	if (e->from == 0)
		healer_attach(s);
}

bool edges_mend(struct supervisor *s, struct child *c)
{
	int self = (int)(c - s->children);
	bool mended = true;
	for (int i = 0; i < s->edges_n; i++) {
		struct edge_ring *e = &s->edges[i];
		if ((e->from != self && e->to != self) || !e->broken)
			continue;
		struct child *peer = &s->children[e->from == self ? e->to : e->from];
		if (peer != s->children && child_runs(peer)) {
			child_event(s, peer, EVENT_RESTART);
			mended = false;
		} else {
			reset(s, e);
		}
	}
	return mended;
}

void bells_ring(struct supervisor *s)
{
	uint64_t one = 1;
	for (int i = 1; i < s->children_n; i++)
		if (write(s->children[i].bell_fd, &one, sizeof one) < 0 && errno != EAGAIN)
			log_warn("doorbell", LF_STR("of", s->children[i].name), LF_STR("error", strerror(errno)));
}

/* The supervisor's own edge: obituaries. */
void healer_attach(struct supervisor *s)
{
	static struct ring ring;
	s->healer_ring = NULL;
	for (int i = 0; i < s->edges_n; i++) {
		struct edge_ring *e = &s->edges[i];
		if (e->from != 0)
			continue;
		if (ring.producer)
			ring_detach(&ring);
		if (ring_attach(&ring, e->fd, RING_PRODUCER, message_version(), s->children[e->to].bell_fd) == 0)
			s->healer_ring = &ring;
		else
			e->broken = true;
	}
}

/* The life of every actor: from the boot struct to the loop, the rings it listens to, its heartbeat, its end. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "actors/actor.h"
#include "actors/runtime.h"
#include "ipc/seam.h"

enum { MESSAGES_PER_TURN = 64 };	/* per edge: no sender starves the others */
enum { BUFFER_KEEP_BYTES = 64 * 1024 }; /* of an edge's buffer when no message follows a large one */
static const int64_t beat_ns = 1000000000;

static volatile sig_atomic_t drain_wanted;

static void on_term(int sig)
{
	(void)sig;
	uint64_t one = 1;
	drain_wanted = 1;
	ssize_t n = write(FD_BELL, &one, sizeof one);
	(void)n;
}

static void read_boot(struct boot *boot)
{
	if (pread(FD_BOOT, boot, sizeof *boot, 0) != sizeof *boot || boot->magic != BOOT_MAGIC)
		die(EXIT_PERMANENT, "not started by the tds supervisor");
	if (boot->version != message_version())
		die(EXIT_TEMPORARY, "the supervisor speaks another version of messages.def");
}

/* As large as the ring, for nothing until it is used. NULL: the address space is full. */
static uint8_t *make_buffer(const struct edge *e)
{
	void *at =
		mmap(NULL, e->buffer_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return at == MAP_FAILED ? NULL : at;
}

static void attach_edge(struct actor *a, struct edge *e, const struct boot_edge *b)
{
	*e = (struct edge){.actor = a,
		.ring_fd = b->ring_fd,
		.bell_fd = b->bell_fd,
		.peer_kind = (enum actor_kind)b->peer_kind,
		.peer_slot = b->peer_slot,
		.consumer = b->role == RING_CONSUMER};
	int r = ring_attach(&e->ring, b->ring_fd, (enum ring_role)b->role, message_version(), b->bell_fd);
	if (r < 0)
		die(EXIT_TEMPORARY, "ring with %s: %s", slot_of(a->slots, b->peer_slot)->name, strerror(-r));
	e->peer_generation = atomic_load(&slot_of(a->slots, b->peer_slot)->generation);
	if (!e->consumer)
		return;
	e->buffer_size = e->ring.capacity;
	e->buffer = make_buffer(e);
	if (!e->buffer)
		die(EXIT_TEMPORARY, "no memory for the ring with %s", slot_of(a->slots, b->peer_slot)->name);
	if (b->bell_fd >= 0)
		ring_room_bell(&e->ring, b->bell_fd);
}

static void attach(struct actor *a, const struct boot *boot)
{
	a->slots = slots_map_read(FD_SLOTS, (int)boot->slots);
	a->slot = slot_map_own(FD_SLOTS, (int)boot->slot);
	if (!a->slots || !a->slot)
		die(EXIT_TEMPORARY, "slot table: %s", strerror(errno));
	a->edges_n = (int)boot->edges_n;
	a->edges = calloc(boot->edges_n + 1u, sizeof *a->edges);
	if (!a->edges)
		die(EXIT_TEMPORARY, "out of memory");
	for (int i = 0; i < a->edges_n; i++)
		attach_edge(a, &a->edges[i], &boot->edges[i]);
}

static void deliver(struct actor *a, struct edge *e, const struct ring_record *record)
{
	static union message message;
	if (!message_decode((enum message_type)record->type, e->buffer, record->length, &message, a->scratch))
		die(EXIT_TEMPORARY, "undecodable message type %u from %s", record->type,
			slot_of(a->slots, e->peer_slot)->name);
	actor_count(a, COUNT_MESSAGES_IN, 1);
	atomic_fetch_add_explicit(&a->slot->handled_since_start, 1, memory_order_relaxed);
	if (record->type == MSG_HTTP_REQUEST) {
		/* At most once: its client gets a 503 when we die of it, and the successor must not die of it again. */
		ring_done(&e->ring);
		uint64_t route = message.http_request.route;
		if (route < ROUTES && a->type->routes[route])
			a->type->routes[route](a, e, &message.http_request);
		else
			actor_refuse(a, e, message.http_request.request, 404, "Not found");
	} else if (a->type->on[record->type]) {
		a->type->on[record->type](a, e, &message);
	}
	if (!e->held && record->type != MSG_HTTP_REQUEST)
		actor_release(e);
}

/* True when more is waiting than one turn takes. */
static bool receive(struct actor *a, struct edge *e)
{
	struct ring_record record;
	for (int i = 0; i < MESSAGES_PER_TURN && !e->held; i++) {
		int r = ring_next(&e->ring, &record, e->buffer, e->buffer_size);
		if (r == 0)
			return false;
		if (r == RING_BROKEN)
			die(EXIT_TEMPORARY, "ring from %s is broken", slot_of(a->slots, e->peer_slot)->name);
		if (r == RING_TOO_BIG) {
			ring_done(&e->ring);
			continue;
		}
		if (r == RING_AHEAD) {
			uint8_t *there = e->ahead;
			e->ahead = e->buffer;
			e->buffer = there;
		}
		deliver(a, e, &record);
	}
	return !e->held;
}

static bool receive_all(struct actor *a)
{
	bool more = false;
	for (int i = 0; i < a->edges_n; i++)
		if (a->edges[i].consumer && !a->edges[i].held)
			more |= receive(a, &a->edges[i]);
	return more;
}

static void notice_restarts(struct actor *a)
{
	for (int i = 0; i < a->edges_n; i++) {
		struct edge *e = &a->edges[i];
		uint64_t generation =
			atomic_load_explicit(&slot_of(a->slots, e->peer_slot)->generation, memory_order_relaxed);
		if (generation == e->peer_generation)
			continue;
		e->peer_generation = generation;
		if (a->type->peer_restarted)
			a->type->peer_restarted(a, e);
	}
}

/* Announces sleep on every ring; false when something came meanwhile. */
static bool fall_asleep(struct actor *a)
{
	for (int i = 0; i < a->edges_n; i++)
		if (a->edges[i].consumer && !a->edges[i].held && !ring_sleep(&a->edges[i].ring))
			return false;
	return true;
}

static void wake_up(struct actor *a)
{
	for (int i = 0; i < a->edges_n; i++)
		if (a->edges[i].consumer)
			ring_awake(&a->edges[i].ring);
}

static void start_draining(struct actor *a)
{
	a->draining = true;
	atomic_store(&a->slot->state, SLOT_DRAINING);
	if (a->type->drain)
		a->type->drain(a);
	else
		actor_drained(a);
}

static void turn(struct actor *a)
{
	notice_restarts(a);
	bool more = a->draining && a->drained ? false : receive_all(a);
	if (a->type->turn)
		a->type->turn(a);
	outbox_flush(a);
	if (drain_wanted && !a->draining)
		start_draining(a);
	bool asleep = !more && !a->drained && fall_asleep(a);
	int r = loop_turn(a->loop, asleep ? -1 : 0);
	wake_up(a);
	if (r < 0)
		die(EXIT_TEMPORARY, "event loop: %s", strerror(-r));
	a->last_turn_ns = loop_now(a->loop);
	slot_beat(a->slot, a->last_turn_ns);
}

static void on_bell(void *ctx, int result, unsigned flags)
{
	struct actor *a = ctx;
	if (!(flags & LOOP_MORE)) {
		if (result < 0)
			log_warn("doorbell", LF_STR("error", strerror(-result)));
		loop_bell(a->loop, &a->bell, FD_BELL);
	}
}

static void on_beat(void *ctx, int result, unsigned flags)
{
	(void)result, (void)flags;
	struct actor *a = ctx;
	for (int i = 0; i < a->edges_n; i++)
		if (!a->edges[i].consumer && a->edges[i].ring.capacity > (size_t)BUFFER_KEEP_BYTES * 4)
			ring_trim(&a->edges[i].ring, a->edges[i].ring_fd);
	loop_timer(a->loop, &a->beat, beat_ns);
}

static void open_loop(struct actor *a)
{
	const char *io = a->config.tds_io;
	enum loop_backend wanted = !strcmp(io, "uring") ? LOOP_URING : !strcmp(io, "epoll") ? LOOP_EPOLL : LOOP_AUTO;
	a->loop = loop_new(wanted);
	if (!a->loop)
		die(EXIT_TEMPORARY, "event loop (io = \"%s\"): %s", io, strerror(errno));
	snprintf(a->slot->io, sizeof a->slot->io, "%s", loop_name(a->loop));
	if (wanted == LOOP_AUTO && *loop_why(a->loop))
		log_info("io_uring not available, using epoll", LF_STR("why", loop_why(a->loop)));
	a->bell = (struct loop_op){.done = on_bell, .ctx = a};
	a->beat = (struct loop_op){.done = on_beat, .ctx = a};
	loop_bell(a->loop, &a->bell, FD_BELL);
	loop_timer(a->loop, &a->beat, beat_ns);
}

static void open_log(const struct actor *a)
{
	static const char *const levels[] = {"debug", "info", "warn", "error"};
	enum log_level level = LOG_INFO;
	for (int i = 0; i < 4; i++)
		if (!strcmp(a->config.log_level, levels[i]))
			level = (enum log_level)i;
	log_open(2, level, !strcmp(a->config.log_format, "json") ? LOG_JSON : LOG_LOGFMT, a->boot->name);
}

__attribute__((noreturn)) void actor_main(const struct actor_type *type)
{
	static struct boot boot;
	static struct message_scratch scratch;
	static struct actor actor;
	struct actor *a = &actor;
	log_open(2, LOG_INFO, LOG_LOGFMT, actor_kind_name(type->kind));
	read_boot(&boot);
	*a = (struct actor){.type = type, .boot = &boot, .scratch = &scratch};
	if (config_unseal(&a->config, FD_CONFIG) != 0)
		die(EXIT_CONFIG, "cannot read the configuration handed on by the supervisor");
	open_log(a);
	const char *fault = getenv("TDS_FAULT");
	if (fault && !seam_arm(fault, actor_kind_name(type->kind)))
		die(EXIT_CONFIG, "TDS_FAULT cannot be parsed: %s", fault);
	attach(a, &boot);
	last_words_install(a->slot);
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_term}, NULL);
	signal(SIGPIPE, SIG_IGN);
	open_loop(a);
	a->state = calloc(1, type->state_size ? type->state_size : 1);
	if (!a->state)
		die(EXIT_TEMPORARY, "out of memory");
	slot_hand_none(a->slot);
	slot_beat(a->slot, loop_clock());
	type->start(a);
	if (chdir(ACTORS_DIR) != 0)
		log_warn("a core that this actor dumps will be lost", LF_STR("directory", ACTORS_DIR),
			LF_STR("error", strerror(errno)));
	drop_privileges(&boot.as, SIGKILL, boot.parent);
	confine();
	actor_ready(a);
	while (!a->drained)
		turn(a);
	outbox_flush(a);
	atomic_store(&a->slot->state, SLOT_DRAINED);
	_exit(0);
}

void actor_hold(struct edge *e)
{
	e->held = true;
}

static void give_memory_back(struct edge *e)
{
	size_t most = e->buffer_size - BUFFER_KEEP_BYTES;
	madvise(e->buffer + BUFFER_KEEP_BYTES, most, MADV_DONTNEED);
	if (e->ahead)
		madvise(e->ahead, e->buffer_size, MADV_DONTNEED);
	e->buffer_used = 0;
}

void actor_release(struct edge *e)
{
	e->held = false;
	if (e->ring.hand_length > e->buffer_used)
		e->buffer_used = e->ring.hand_length;
	ring_done(&e->ring);
	if (e->buffer_used > BUFFER_KEEP_BYTES && ring_empty(&e->ring))
		give_memory_back(e);
}

bool actor_ahead(struct edge *e, enum message_type *type, union message *m)
{
	struct ring_record record;
	if (!e->ahead)
		e->ahead = make_buffer(e);
	if (!e->ahead || !ring_ahead(&e->ring, &record, e->ahead, e->buffer_size))
		return false;
	*type = (enum message_type)record.type;
	return message_decode(*type, e->ahead, record.length, m, e->actor->scratch);
}

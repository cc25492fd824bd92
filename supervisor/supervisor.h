/* The supervisor's own state and what its parts say to each other. One process, one thread, one poll. */
#pragma once
#include <sys/types.h>
#include "actors/boot.h"
#include "actors/privileges.h"
#include "config/config.h"
#include "ipc/log.h"
#include "ipc/message.h"
#include "sql/db.h"
#include "supervisor/poison.h"
#include "supervisor/restart.h"

enum { EDGES_MAX = 512, LISTENERS_MAX = BOOT_LISTENERS_MAX, CLIENTS_MAX = 8, PENDING_MAX = 64, PENDING_BYTES = 2048 };
enum { FIXED_DESCRIPTORS_MAX = 512 }; /* a child's own lie below, what it must not lose meanwhile above */
enum { POSTGRES = 0 }; /* children[0]; an actor's place in children[] is its slot, and slot 0 is the supervisor's */
#define NEVER INT64_MAX

struct supervisor;
enum child_state {
	CHILD_STOPPED,
	CHILD_STARTING,
	CHILD_READY,
	CHILD_DRAINING,
	CHILD_ABORTING, /* hung: asked to die with a core */
	CHILD_KILLED,	/* SIGKILL sent */
	CHILD_BACKOFF,
	CHILD_COOLDOWN,
	CHILD_PARKED, /* exit 100: not before a reload */
	CHILD_STATES
};
enum child_event {
	EVENT_START,
	EVENT_READY,
	EVENT_DIED,
	EVENT_HUNG,
	EVENT_TIMER,
	EVENT_DRAIN,   /* and stay stopped */
	EVENT_RESTART, /* drain, then start */
	EVENT_KILL,    /* now */
	CHILD_EVENTS
};

struct child {
	enum actor_kind kind; /* ACTOR_SUPERVISOR: the private PostgreSQL */
	uint32_t instance, entity, shard, shards, worker;
	char name[32], title[48];
	enum child_state state;
	pid_t pid; /* 0 = none */
	int pidfd, bell_fd;
	int64_t started_ns, due_ns; /* due: when the state's timer ends */
	bool again;		    /* start again once drained */
	bool was_ready, hung, killed, roll, single_step;
	int exit_code, exit_status; /* as in siginfo: CLD_…, code or signal */
	uint64_t restarts;
	struct deaths deaths;
};

struct edge_ring {
	int from, to, fd; /* places in children[]; `from` 0 = the supervisor */
	bool broken;	  /* reset before either side starts again */
};
struct listener {
	int fd;
	bool trusted;
	char name[108];
};

/* One-shot children: they run to their end and say with their exit code how it went. */
enum task_id { TASK_INITDB, TASK_MIGRATE, TASK_CHECK, TASKS };
struct task {
	pid_t pid;
	int pidfd;
	void (*done)(struct supervisor *, int code); /* exit code, or 128 + signal */
};

enum phase {
	PHASE_DATABASE, /* private PostgreSQL and the schema */
	PHASE_ACTORS,	/* all but http-ingest */
	PHASE_INGEST,
	PHASE_RUNNING,
	PHASE_STOPPING, /* in the reverse order */
	PHASE_RESTING,	/* drained, waiting for `restart all` */
	PHASE_DONE,
	PHASES
};
enum after_stop { AFTER_EXIT, AFTER_REST, AFTER_UPGRADE };

struct postgres { /* the private one */
	bool wanted;
	char root[256], data[288], run[288], log[288], bin[256];
	struct identity who;	  /* uid and gid always, the user where we are root */
	int64_t waiting_since_ns; /* for a predecessor's end, 0 = not */
	bool adopted;
	int64_t last_death_s;
	char obituary[SLOT_WORDS_BYTES * 2]; /* of its last death that nobody asked for */
};

struct supervisor {
	int64_t now, grace_ns; /* grace: silence counts from here on at the earliest (the supervisor was paused) */
	struct config config;
	char url[1024]; /* of the database, resolved */
	int exe_fd;
	char exe_path[1024];
	struct identity actors_as;
	int lock_fd, signal_fd, timer_fd, slots_fd, control_fd, dir_fd;
	char control_path[108], api_path[108];
	struct slot *slots;
	struct child children[SLOT_ACTORS_MAX];
	int children_n;
	struct edge_ring edges[EDGES_MAX];
	int edges_n;
	struct listener listeners[LISTENERS_MAX];
	uint32_t listeners_n;
	struct ring *healer_ring; /* producer of SUPERVISOR → HEALER, NULL while detached */
	struct {
		uint8_t bytes[PENDING_BYTES];
		size_t length;
	} pending[PENDING_MAX]; /* obituaries the healer has not been given */
	unsigned pending_first, pending_n;
	struct poison poison;
	struct task tasks[TASKS];
	struct postgres postgres;
	enum phase phase;
	int64_t phase_since_ns, phase_due_ns, beat_due_ns, migrate_due_ns, watchdog_due_ns, watchdog_ns, started_ns;
	bool migrated, migrate_tried, roll_after_migrate, upgrade_now;
	bool upgraded; /* the actors are those of the image before, not replaced yet */
	int stderr_fd; /* where the log goes while log.file is empty */
	unsigned migrate_failures, abandoned;
	enum after_stop after_stop;
	int stop_kind; /* the kind that is drained now; counts down to 0 = PostgreSQL */
	int64_t stop_due_ns;
	int stops_asked, exit_code;
	int rolling; /* the child that is being replaced, -1 none */
};

/* supervise.c */
int supervise(const char *config_file, int upgrade_fd); /* the exit code */
void stop_asked(struct supervisor *, bool now);
int64_t clock_ns(void);
void due_sooner(int64_t *due, int64_t candidate);

/* states.c */
void child_event(struct supervisor *, struct child *, enum child_event);
bool state_handles(enum child_state, enum child_event);
extern const char *const state_names[CHILD_STATES];

/* watch.c: what the states are told */
void children_tick(struct supervisor *);
void child_reap(struct supervisor *, struct child *);
void orphans_reap(struct supervisor *);
int64_t children_due(const struct supervisor *);
bool child_runs(const struct child *);
bool child_settled(const struct child *);

/* phases.c */
void phase_step(struct supervisor *);
void phase_stop(struct supervisor *, enum after_stop, int exit_code);
void phase_go_on(struct supervisor *);
bool actors_ready(const struct supervisor *, bool essential_only);
extern const char *const phase_names[PHASES];

/* migrate.c */
void migrate_step(struct supervisor *);

/* roll.c */
void roll_step(struct supervisor *);
void reload(struct supervisor *, char error[CONFIG_ERROR_BYTES]);
void reopen_log(struct supervisor *);
void log_setup(const struct supervisor *);

/* children.c */
void children_make(struct supervisor *);
struct child *child_named(struct supervisor *, const char *name);
bool child_called(const struct child *, const char *name); /* its name, kind, or kind:entity, or worker-N */
struct slot *child_slot(const struct supervisor *, const struct child *);
enum config_who child_who(const struct child *);
bool child_essential(const struct child *);
void workers_announce(const struct supervisor *);

/* spawn.c */
bool spawn_actor(struct supervisor *, struct child *);
pid_t fork_child(int *pidfd, int death_signal); /* 0 in the child: own group, dies with the parent, default signals */
void keep_descriptors(const int fds[], int n);	/* in the child: they become 3, 4, …; all others close at exec */
char **child_environment(void);			/* this one without secrets */
__attribute__((noreturn)) void exec_self(const struct supervisor *, char *const argv[]);
int boot_memfd(const struct boot *);

/* task.c */
bool task_start_migrate(struct supervisor *);
bool task_start_initdb(struct supervisor *);
bool task_start_check(struct supervisor *);
void task_reap(struct supervisor *, struct task *);
__attribute__((noreturn)) void task_migrate_main(void);
__attribute__((noreturn)) void task_initdb_main(char **argv);

/* obituary.c */
struct death obituary(struct supervisor *, struct child *);
void obituary_cooldown(struct supervisor *, struct child *, int64_t pause_ns);
void obituaries_offer(struct supervisor *);

/* edges.c */
void edges_make(struct supervisor *);
int edges_of(const struct supervisor *, const struct child *, struct boot_edge to[], int fds[], int first_fd);
void edges_check(struct supervisor *, struct child *, bool look_at_next);
bool edges_mend(struct supervisor *, struct child *); /* false: a peer has to stop first; ask again */
void bells_ring(struct supervisor *);
void healer_attach(struct supervisor *);

/* listen.c */
void listeners_open(struct supervisor *);
int unix_listener(const char *path, mode_t mode);

/* data_dir.c */
void data_dir_open(struct supervisor *);
/* identity.c */
bool identity_named(struct identity *, const char *user);	  /* false: no such user, or it is root */
bool identity_reaches(const struct identity *, const char *path); /* whether that user may go into that directory */
void identity_choose(struct supervisor *);			  /* who actors become */
void make_dir(const char *path, mode_t mode, uid_t uid, gid_t gid);

/* postgres.c, postgres_find.c */
void postgres_prepare(struct supervisor *);
bool postgres_initialised(const struct supervisor *);
enum spawned { SPAWNED, SPAWN_LATER, SPAWN_FAILED } postgres_start(struct supervisor *, struct child *);
bool postgres_ready(const struct supervisor *, const struct child *);
/* The line of its log that names the last failure: of several of one process the first, which is the cause. "": none. */
void postgres_last_words(const struct supervisor *, char *to, size_t size);
void postgres_failure_in(char *log, char *to, size_t size); /* the same of a text, which it cuts up */
void postgres_tidy(const struct supervisor *);
void postgres_find(struct postgres *);

/* control.c, status.c */
struct pollfd;
void control_open(struct supervisor *);
int control_poll(struct supervisor *, struct pollfd *, int max);
void control_handle(struct supervisor *, const struct pollfd *, int n);
int64_t control_due(void);
struct buf;
void status_write(const struct supervisor *, struct buf *);
void where_write(const struct supervisor *, struct buf *);

/* notify.c */
void notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
int64_t notify_watchdog_ns(void);

/* upgrade.c, adopt.c */
enum { EXIT_OTHER_LAYOUT = 3 }; /* of `tds -t -L HASH`: valid, but no child of that layout can be kept */
uint32_t layout_hash(const struct supervisor *); /* actors, slots and messages: what an upgrade must share */
const char *upgrade_begin(struct supervisor *);	 /* NULL, or why not */
void upgrade_exec(struct supervisor *);
bool upgrade_read(struct supervisor *, int fd); /* descriptors; before anything is made */
void upgrade_adopt(struct supervisor *);	/* children; when they are known by name */

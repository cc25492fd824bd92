/* What the parts of tdsctl share: one invocation's settings, the two ways of asking TDS, and how answers are shown. */
#pragma once
#include <json-c/json.h>
#include <stdbool.h>
#include "config/config.h"
#include "ipc/buf.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, CTL_USAGE = 2, CTL_CONFIG = 78, PATH_BYTES = 512, WORDS_MAX = 64 };
enum { API_PATIENCE_SECONDS = 120, HEALTH_PATIENCE_SECONDS = 5 }; /* with the API; a monitoring plugin has to answer */

struct ctl {
	const char *config_file; /* -c or $TDS_CONFIG, NULL */
	char socket[PATH_BYTES];
	bool json, colour, terminal; /* the latter: stdout is one */
	long patience_s;	     /* how long an answer of the API is waited for */
	struct json_object *where;   /* asked once */
};

struct args { /* what is left of the command line after the command's name */
	const char *command;
	char *at[WORDS_MAX];
	int n;
};

typedef int (*command_run)(struct ctl *, struct args *);
struct command {
	const char *name; /* "dead-letter list" */
	const char *args;
	const char *text; /* one line */
	const char *more; /* the manual */
	command_run run;
};
extern const struct command commands[]; /* ends with name NULL */

/* main.c: one line on stderr, then the end. */
void fail(int code, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* args.c: takes an option (and its value) out of the arguments. */
bool arg_flag(struct args *, const char *name);
const char *arg_value(struct args *, const char *name); /* NULL: not given */
/* Checks that exactly `n` words are left and no unknown option; else usage. */
void args_done(const struct args *, int n);

/* socket.c: the control socket, served by the supervisor. */
void socket_find(struct ctl *, const char *given);
/* The reply; ends the program with one line when TDS isn't running. */
struct json_object *control_ask(struct ctl *, const char *command, const char *argument);
/* NULL when nobody answers. `raw` (may be NULL) gets the line. */
struct json_object *control_try(const struct ctl *, const char *command, struct buf *raw);
const char *where_text(struct ctl *, const char *key);

/* http.c: the HTTP API on its unix socket. */
struct reply {
	long status; /* 0: nobody answered, `error` says why */
	struct buf body;
	struct json_object *json; /* NULL: not JSON */
	char error[256];
};
struct reply http_try(struct ctl *, const char *method, const char *path, const char *body);
/* Ends the program with the detail of a reply that isn't 2xx. */
struct reply http_ask(struct ctl *, const char *method, const char *path, const char *body);
/* Two at once: a request that lasts, and what is done about every `every_ms` until it is answered. */
struct reply http_long(
	struct ctl *, const char *path, const char *body, void (*meanwhile)(void *), void *ctx, int every_ms);
void reply_free(struct reply *);
/* "detail" in words. */
void reply_detail(const struct reply *, char *to, size_t size);
void path_add(struct buf *, const char *segment); /* percent-encoded */

/* show.c: how things look. */
struct json_object *json_at(struct json_object *, const char *path); /* "a.b", NULL when absent */
const char *json_text(struct json_object *);			     /* numbers as they came; "" for null and absent */
/* The values of an object of objects as an array, which is the caller's; each gets its key as `name`, NULL: it has it. */
struct json_object *json_rows(struct json_object *, const char *name);
double json_number(struct json_object *, const char *path);
struct column {
	const char *title, *path;
	int width_max; /* on a terminal; 0: as wide as it gets */
};
void show_table(const struct ctl *, struct json_object *rows, const struct column *, int n);
void show_fields(const struct ctl *, struct json_object *object);
/* Prints `text` with control characters made harmless. */
void show_text(const char *text, int width_max);
const char *colour(const struct ctl *, const char *word); /* the escape for a state's word, "" without colours */
const char *colour_end(const struct ctl *);
void show_duration(double seconds, char *to, size_t size);

/* letters.c: what commands on data have in common. */
void query_add(struct buf *path, const char *key, const char *value); /* value NULL: not given */
int post_one(struct ctl *, const char *before, const char *id, const char *after, const char *body);
int show_one(struct ctl *, const char *before, const char *id);

/* The commands. */
int run_status(struct ctl *, struct args *), run_health(struct ctl *, struct args *),
	run_sync(struct ctl *, struct args *);
int run_queue(struct ctl *, struct args *), run_letter_list(struct ctl *, struct args *),
	run_letter_show(struct ctl *, struct args *);
int run_letter_retry(struct ctl *, struct args *), run_letter_resolve(struct ctl *, struct args *);
int run_run_list(struct ctl *, struct args *), run_run_show(struct ctl *, struct args *),
	run_run_cancel(struct ctl *, struct args *);
int run_breaker_list(struct ctl *, struct args *), run_breaker_reset(struct ctl *, struct args *);
int run_alert_list(struct ctl *, struct args *), run_alert_ack(struct ctl *, struct args *),
	run_alert_resolve(struct ctl *, struct args *);
int run_pause(struct ctl *, struct args *), run_resume(struct ctl *, struct args *),
	run_heal(struct ctl *, struct args *);
int run_restart(struct ctl *, struct args *), run_reload(struct ctl *, struct args *),
	run_drain(struct ctl *, struct args *);
int run_stop(struct ctl *, struct args *), run_upgrade(struct ctl *, struct args *),
	run_logs(struct ctl *, struct args *);
int run_config_show(struct ctl *, struct args *), run_config_reference(struct ctl *, struct args *),
	run_psql(struct ctl *, struct args *), run_token(struct ctl *, struct args *);
int run_explain(struct ctl *, struct args *), run_drift(struct ctl *, struct args *);
int run_version(struct ctl *, struct args *), run_help(struct ctl *, struct args *);

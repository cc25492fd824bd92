/* The log: one line per event on stderr or a file, logfmt or JSON, every value escaped, secrets never passed in.
 *   log_info("run finished", LF_STR("run", id), LF_INT("rows", n));
 *   → ts=2026-01-02T03:04:05.678Z level=info actor=dispatcher msg="run finished" run=… rows=…
 * A line goes out in one write(2), so lines of several processes never mix. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_field {
	const char *key;
	enum { LF_KIND_END, LF_KIND_STR, LF_KIND_INT, LF_KIND_MS } kind;
	const char *str; /* NULL is left out */
	int len;	 /* -1: NUL-terminated */
	int64_t num;
};
#define LF_STR(k, v) ((struct log_field){.key = (k), .kind = LF_KIND_STR, .str = (v), .len = -1})
#define LF_STRN(k, v, n) ((struct log_field){.key = (k), .kind = LF_KIND_STR, .str = (v), .len = (int)(n)})
#define LF_INT(k, v) ((struct log_field){.key = (k), .kind = LF_KIND_INT, .num = (int64_t)(v)})
#define LF_MS(k, ns) ((struct log_field){.key = (k), .kind = LF_KIND_MS, .num = (int64_t)(ns)}) /* ns, shown as ms */
#define LF_END ((struct log_field){.kind = LF_KIND_END})

/* `fd` stays open; actor's name stands in every line. */
void log_open(int fd, enum log_level min, enum log_format, const char *actor);
void log_reopen(int fd);
bool log_wants(enum log_level);
void log_event(enum log_level, const char *msg, const struct log_field *fields); /* ends with LF_END */
/* The correlation id of what is being handled, put into each line until changed; NULL = none. Borrowed. */
void log_correlation(const char *id);

#define log_at(level, msg, ...) /* the fields, with the end */                                                         \
	do {                                                                                                           \
		if (log_wants(level))                                                                                  \
			log_event(level, msg, (const struct log_field[]){__VA_ARGS__});                                \
	} while (0)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__, LF_END) /* msg, fields... */
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__, LF_END)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__, LF_END)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__, LF_END)

/* A broken environment: logs the line and exits. 100: don't restart me until reload; 111: try again. */
enum { EXIT_USAGE = 2, EXIT_CONFIG = 78, EXIT_PERMANENT = 100, EXIT_TEMPORARY = 111 };
/* Where die's words go as well, for whoever starts a program whose log is a file; -1: nowhere. */
void log_starter(int fd);
void die(int code, const char *msg, ...) __attribute__((noreturn, format(printf, 2, 3)));

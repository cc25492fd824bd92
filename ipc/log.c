/* Owns the log line: builds it in one buffer on the stack, whatever bytes a value holds, and hands it to one write(2),
 * so that lines of several processes never mix and no peer can forge one. */
#include "ipc/log.h"
#include "ipc/seam.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	line_bytes_max = 8192,
	tail_bytes = 64, /* kept free for what closes a line: an ellipsis, a quote, the "truncated" field, "}\n" */
	escaped_bytes_max = 6,
	key_bytes_max = 64,
	message_bytes_max = 2048,
};
_Static_assert(PIPE_BUF > 4 * tail_bytes && line_bytes_max > PIPE_BUF, "a line fits either way");

static int log_fd = STDERR_FILENO;
static size_t line_max = PIPE_BUF;
static enum log_level log_min = LOG_INFO;
static enum log_format log_format = LOG_LOGFMT;
static const char *log_actor, *log_correlation_id;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

struct line {
	char text[line_bytes_max];
	size_t len, room; /* `room`: how long it may get before the tail */
	bool cut;
};

static void put(struct line *line, const char *text, size_t len)
{
	assert(line->len + len <= sizeof line->text);
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

static void put_string(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

/* How many bytes make up the character at `text`; 0 = not UTF-8 (overlong, a surrogate, beyond U+10FFFF, cut off). */
static size_t character_bytes(const unsigned char *text, size_t len)
{
	unsigned char first = text[0], low = 0x80, high = 0xbf;
	size_t bytes = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
	if (bytes < 2)
		return bytes;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (bytes > len || text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < bytes; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return bytes;
}

/* What stands for the character inside quotes, at most escaped_bytes_max bytes; NULL = itself. C1 controls are
 * escaped as well: terminals obey them. */
static const char *escape(const unsigned char *text, size_t bytes, char buf[static escaped_bytes_max + 1])
{
	unsigned code = bytes == 2 ? (text[0] & 0x1fU) << 6 | (text[1] & 0x3fU) : text[0];
	if (!bytes)
		return "\xef\xbf\xbd";
	if (bytes > 2 || (code >= 0xa0) || (code >= ' ' && code < 0x7f && code != '"' && code != '\\'))
		return NULL;
	switch (code) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	}
	snprintf(buf, escaped_bytes_max + 1, "\\u%04x", code);
	return buf;
}

static bool needs_quotes(const unsigned char *text, size_t len)
{
	char buf[escaped_bytes_max + 1];
	if (log_format == LOG_JSON || !len)
		return true;
	for (size_t i = 0, bytes; i < len; i += bytes) {
		bytes = character_bytes(text + i, len - i);
		if (!bytes || text[i] == ' ' || text[i] == '=' || escape(text + i, bytes, buf))
			return true;
	}
	return false;
}

static void put_value(struct line *line, const char *value, size_t len)
{
	const unsigned char *text = (const unsigned char *)value;
	bool quoted = needs_quotes(text, len);
	if (quoted)
		put(line, "\"", 1);
	for (size_t i = 0; i < len;) {
		char buf[escaped_bytes_max + 1];
		size_t bytes = character_bytes(text + i, len - i);
		const char *escaped = escape(text + i, bytes, buf);
		if (line->len + escaped_bytes_max > line->room) {
			line->cut = true;
			put_string(line, "…");
			break;
		}
		if (escaped)
			put_string(line, escaped);
		else
			put(line, value + i, bytes);
		i += bytes ? bytes : 1;
	}
	if (quoted)
		put(line, "\"", 1);
}

/* Keys are the program's own words; should one not be, it still can't break the line. */
static void put_key(struct line *line, const char *key)
{
	bool json = log_format == LOG_JSON;
	if (line->len)
		put(line, json ? "," : " ", 1);
	put_string(line, json ? line->len ? "\"" : "{\"" : "");
	for (size_t i = 0; i < key_bytes_max && key[i]; i++) {
		bool plain = key[i] > ' ' && key[i] < 0x7f && !strchr("=\"\\", key[i]);
		put(line, plain ? &key[i] : "_", 1);
	}
	put_string(line, json ? "\":" : "=");
}

/* Once something was cut, what follows is left out: half a line is useful, one with holes misleads. */
static bool fits(struct line *line, const char *key)
{
	if (line->len + strnlen(key, key_bytes_max) + tail_bytes > line->room)
		line->cut = true;
	return !line->cut;
}

static void put_text(struct line *line, const char *key, const char *value, int len)
{
	if (!value || !fits(line, key))
		return;
	put_key(line, key);
	put_value(line, value, len < 0 ? strlen(value) : (size_t)len);
}

static void put_number(struct line *line, const struct log_field *field)
{
	char buf[32];
	uint64_t size = field->num < 0 ? 0 - (uint64_t)field->num : (uint64_t)field->num;
	if (!fits(line, field->key))
		return;
	put_key(line, field->key);
	if (field->kind == LF_KIND_INT)
		snprintf(buf, sizeof buf, "%lld", (long long)field->num);
	else
		snprintf(buf, sizeof buf, "%s%llu.%03llu", field->num < 0 ? "-" : "",
			(unsigned long long)size / 1000000, (unsigned long long)size / 1000 % 1000);
	put_string(line, buf);
}

static void put_time(struct line *line)
{
	char buf[64];
	struct timespec now;
	struct tm day;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &day);
	int len = snprintf(buf, sizeof buf, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", day.tm_year + 1900, day.tm_mon + 1,
		day.tm_mday, day.tm_hour, day.tm_min, day.tm_sec, (int)(now.tv_nsec / 1000000));
	put_text(line, "ts", buf, len);
}

static void put_end(struct line *line)
{
	if (line->cut) {
		put_key(line, "truncated");
		put_string(line, log_format == LOG_JSON ? "\"…\"" : "…");
	}
	put_string(line, log_format == LOG_JSON ? "}\n" : "\n");
}

void log_event(enum log_level level, const char *msg, const struct log_field *fields)
{
	int kept = errno;
	struct line line;
	line.len = 0;
	line.cut = false;
	line.room = line_max - tail_bytes;
	put_time(&line);
	put_text(&line, "level", level_names[level], -1);
	put_text(&line, "actor", log_actor, -1);
	put_text(&line, "msg", msg, -1);
	put_text(&line, "correlation_id", log_correlation_id, -1);
	for (; fields && fields->kind != LF_KIND_END; fields++)
		if (fields->kind == LF_KIND_STR)
			put_text(&line, fields->key, fields->str, fields->len);
		else
			put_number(&line, fields);
	put_end(&line);
	/* A log that can't be written has nobody to tell; the next line may get through. */
	while (SEAM_CALL(LOG_WRITE, write(log_fd, line.text, line.len)) < 0 && errno == EINTR)
		;
	errno = kept;
}

/* Longer writes to a pipe may be torn apart by another process's. */
void log_reopen(int fd)
{
	struct stat status;
	log_fd = fd;
	line_max = fstat(fd, &status) == 0 && !S_ISFIFO(status.st_mode) ? line_bytes_max : PIPE_BUF;
}

void log_open(int fd, enum log_level min, enum log_format format, const char *actor)
{
	log_min = min;
	log_format = format;
	log_actor = actor;
	log_reopen(fd);
}

bool log_wants(enum log_level level)
{
	return level >= log_min;
}

void log_correlation(const char *id)
{
	log_correlation_id = id;
}

static int starter_fd = -1;

void log_starter(int fd)
{
	starter_fd = fd;
}

void die(int code, const char *msg, ...)
{
	char text[message_bytes_max];
	va_list args;
	va_start(args, msg);
	vsnprintf(text, sizeof text, msg, args);
	va_end(args);
	log_event(LOG_ERROR, text, (const struct log_field[]){LF_INT("exit_code", code), LF_END});
	if (starter_fd >= 0)
		dprintf(starter_fd, "tds: %s\n", text);
	exit(code);
}

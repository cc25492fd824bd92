/* That a log line says what was meant and stays one line, whatever bytes a value holds. */
#include "ipc/log.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int out = -1;
static char line[16384];

static void open_log(enum log_format format)
{
	out = memfd_create("log", MFD_CLOEXEC);
	log_open(out, LOG_INFO, format, "dispatcher");
	log_correlation(NULL);
}

/* What was written since the last call, without the time. */
static const char *written(void)
{
	static off_t seen;
	off_t end = lseek(out, 0, SEEK_END);
	ssize_t len = pread(out, line, sizeof line - 1, seen);
	seen = end;
	cr_assert(len >= 0);
	line[len] = '\0';
	char *space = strchr(line, ' ');
	return !strncmp(line, "ts=", 3) && space ? space + 1 : line;
}

#define cr_assert_logged(expected) cr_assert_str_eq(written(), "level=info actor=dispatcher msg=" expected "\n")

Test(log, a_line_names_level_actor_message_and_fields)
{
	open_log(LOG_LOGFMT);
	log_info("run finished", LF_STR("run", "17"), LF_INT("rows", -5), LF_MS("took_ms", 1234567));
	cr_assert_logged("\"run finished\" run=17 rows=-5 took_ms=1.234");
	log_error("oops");
	cr_assert_str_eq(written(), "level=error actor=dispatcher msg=oops\n");
	log_open(out, LOG_INFO, LOG_LOGFMT, NULL);
	log_warn("x");
	cr_assert_str_eq(written(), "level=warn msg=x\n");
}

Test(log, the_time_is_rfc_3339_in_utc_with_milliseconds)
{
	int year, month, day, hour, minute, second, ms, end = 0;
	setenv("TZ", "Asia/Baghdad", 1);
	open_log(LOG_LOGFMT);
	time_t now = time(NULL);
	log_info("x");
	written();
	cr_assert(sscanf(line, "ts=%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day, &hour, &minute, &second, &ms,
			  &end) == 7);
	cr_assert(end == 28);
	struct tm then = {.tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_sec = second};
	cr_assert(labs(timegm(&then) - now) <= 1);
}

Test(log, levels_below_the_least_wanted_are_left_out)
{
	open_log(LOG_LOGFMT);
	log_debug("no");
	cr_assert_str_eq(written(), "");
	cr_assert(!log_wants(LOG_DEBUG) && log_wants(LOG_INFO) && log_wants(LOG_ERROR));
	log_open(out, LOG_DEBUG, LOG_LOGFMT, "dispatcher");
	log_debug("yes");
	cr_assert_str_eq(written(), "level=debug actor=dispatcher msg=yes\n");
}

Test(log, the_correlation_id_stands_in_each_line_until_changed)
{
	open_log(LOG_LOGFMT);
	log_correlation("c-1");
	log_info("x", LF_INT("n", 1));
	cr_assert_logged("x correlation_id=c-1 n=1");
	log_info("x");
	cr_assert_logged("x correlation_id=c-1");
	log_correlation(NULL);
	log_info("x");
	cr_assert_logged("x");
}

Test(log, values_are_quoted_where_needed_and_only_there)
{
	open_log(LOG_LOGFMT);
	log_info("x", LF_STR("a", "plain-1.5/ok:é€"), LF_STR("b", ""), LF_STR("c", "two words"), LF_STR("d", "k=v"));
	cr_assert_logged("x a=plain-1.5/ok:é€ b=\"\" c=\"two words\" d=\"k=v\"");
	log_info("x", LF_STR("a", "say \"hi\""), LF_STR("b", "c:\\tmp"), LF_STR("c", "1\n2\r\t"), LF_STR("d", NULL));
	cr_assert_logged("x a=\"say \\\"hi\\\"\" b=\"c:\\\\tmp\" c=\"1\\n2\\r\\t\"");
	log_info("x", LF_STRN("a", "cut here", 3), LF_STRN("b", "\0\x1b[31m\x7f", 7), LF_STRN("c", "", 0));
	cr_assert_logged("x a=cut b=\"\\u0000\\u001b[31m\\u007f\" c=\"\"");
}

Test(log, what_is_not_utf8_is_replaced_and_c1_controls_are_escaped)
{
	open_log(LOG_LOGFMT);
	log_info("x", LF_STR("a", "a\xff\x62"), LF_STR("b", "\xc0\xaf"), LF_STR("c", "\xed\xa0\x80"),
		LF_STR("d", "\xe2\x82"));
	cr_assert_logged("x a=\"a\ufffdb\" b=\"\ufffd\ufffd\" c=\"\ufffd\ufffd\ufffd\" d=\"\ufffd\ufffd\"");
	log_info("x", LF_STR("a", "\xc2\x9b"), LF_STR("b", "\xf0\x9f\x98\x80"), LF_STR("c", "\xf4\x90\x80\x80"));
	cr_assert_logged("x a=\"\\u009b\" b=\U0001F600 c=\"\ufffd\ufffd\ufffd\ufffd\"");
}

Test(log, nobody_can_forge_a_line_or_a_field)
{
	open_log(LOG_LOGFMT);
	log_info("x\nts=now level=error", LF_STR("bad key=\"", "y\" level=error z=\""));
	cr_assert_logged("\"x\\nts=now level=error\" bad_key__=\"y\\\" level=error z=\\\"\"");
}

/* The line as json-c reads it, strictly; the caller puts it. */
static json_object *parsed(void)
{
	json_tokener *tokener = json_tokener_new();
	const char *text = written();
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	json_object *object = json_tokener_parse_ex(tokener, text, (int)strlen(text));
	cr_assert(json_object_is_type(object, json_type_object), "%s in %s",
		json_tokener_error_desc(json_tokener_get_error(tokener)), text);
	cr_assert(json_tokener_get_parse_end(tokener) + 1 >= strlen(text) && strchr(text, '\n')[1] == '\0');
	json_tokener_free(tokener);
	return object;
}

static const char *text_of(json_object *object, const char *key)
{
	return json_object_get_string(json_object_object_get(object, key));
}

Test(log, json_carries_the_same_values)
{
	open_log(LOG_JSON);
	log_info("a \"b\"\n\\c\x01", LF_STR("s", "é=\t"), LF_INT("n", INT64_MIN), LF_MS("ms", -1500000));
	json_object *object = parsed();
	cr_assert_str_eq(text_of(object, "level"), "info");
	cr_assert_str_eq(text_of(object, "actor"), "dispatcher");
	cr_assert_str_eq(text_of(object, "msg"), "a \"b\"\n\\c\x01");
	cr_assert_str_eq(text_of(object, "s"), "é=\t");
	cr_assert(json_object_get_int64(json_object_object_get(object, "n")) == INT64_MIN);
	cr_assert_str_eq(text_of(object, "ms"), "-1.500");
	json_object_put(object);
}

/* Any bytes, mostly the awkward ones. */
static size_t awkward(char *buf, size_t room)
{
	static const char *const bits[] = {
		"\"", "\\", "\n", "\x1b", "\xc2", "\x80", "é", "€", " ", "=", "a", "\xf0\x9f", "{"};
	size_t len = 0, wanted = (size_t)rand() % room;
	while (len < wanted) {
		const char *bit = bits[(size_t)rand() % (sizeof bits / sizeof *bits)];
		buf[len] = bit[0];
		if (rand() % 3 == 0)
			buf[len] = (char)rand();
		len++;
		if (bit[1] && len < wanted)
			buf[len++] = bit[1];
	}
	return len;
}

Test(log, json_is_valid_whatever_the_bytes_and_however_long)
{
	static char a[9000], b[9000];
	open_log(LOG_JSON);
	srand(1);
	for (int i = 0; i < 2000; i++) {
		size_t room = i % 4 ? 100 : sizeof a;
		size_t a_len = awkward(a, room), b_len = awkward(b, room);
		log_info("x", LF_STRN("a", a, a_len), LF_INT("n", i), LF_STRN("b", b, b_len));
		json_object_put(parsed());
		cr_assert(strlen(line) <= 8192);
	}
}

/* key=value pairs, quoted values closed, nothing outside. */
static bool is_logfmt(const char *at)
{
	for (; *at != '\n'; at += *at == ' ') {
		size_t key = strcspn(at, "= \"\n");
		if (!key || at[key] != '=')
			return false;
		at += key + 1;
		if (*at != '"') {
			at += strcspn(at, " \n=\"\\");
		} else {
			for (at++; *at != '"'; at++)
				if (*at == '\n' || !*at || (*at == '\\' && !*++at))
					return false;
			at++;
		}
		if (*at != ' ' && *at != '\n')
			return false;
	}
	return at[1] == '\0';
}

Test(log, logfmt_is_valid_whatever_the_bytes_and_however_long)
{
	static char a[9000], b[9000];
	open_log(LOG_LOGFMT);
	srand(2);
	for (int i = 0; i < 2000; i++) {
		size_t room = i % 4 ? 100 : sizeof a;
		size_t a_len = awkward(a, room), b_len = awkward(b, room);
		log_info("x", LF_STRN("a", a, a_len), LF_INT("n", i), LF_STRN("b", b, b_len));
		cr_assert(is_logfmt(written()), "%s", line);
		cr_assert(strlen(line) <= 8192);
	}
}

Test(log, a_line_that_is_too_long_ends_with_an_ellipsis_and_says_so)
{
	static char text[10000];
	memset(text, 'a', sizeof text - 1);
	open_log(LOG_LOGFMT);
	log_info("x", LF_STR("big", text), LF_INT("n", 1));
	written();
	size_t len = strlen(line);
	cr_assert(len > 8000 && len <= 8192);
	cr_assert_str_eq(strstr(line, "aaa…"), "aaa… truncated=…\n");
	open_log(LOG_JSON);
	for (int i = 7900; i < 8192; i++) {
		log_info("x", LF_STRN("big", text, i), LF_STR("k", "v"), LF_INT("n", 1));
		lseek(out, 0, SEEK_SET);
		ssize_t got = read(out, line, sizeof line - 1);
		line[got] = '\0';
		json_object *object = json_tokener_parse(line);
		cr_assert(object && got <= 8192);
		cr_assert((text_of(object, "n") != NULL) != (text_of(object, "truncated") != NULL), "%d", i);
		json_object_put(object);
		cr_assert(ftruncate(out, 0) == 0 && lseek(out, 0, SEEK_SET) == 0);
	}
}

Test(log, on_a_pipe_a_line_stays_in_one_piece)
{
	static char text[10000];
	int ends[2];
	memset(text, 'a', sizeof text - 1);
	cr_assert(pipe(ends) == 0);
	log_open(ends[1], LOG_INFO, LOG_LOGFMT, "dispatcher");
	log_info("x", LF_STR("big", text));
	ssize_t len = read(ends[0], line, sizeof line);
	cr_assert(len > 3900 && len <= 4096 && line[len - 1] == '\n');
}

Test(log, reopening_goes_on_in_the_other_file)
{
	open_log(LOG_LOGFMT);
	int first = out;
	log_info("one");
	out = memfd_create("log", MFD_CLOEXEC);
	log_reopen(out);
	log_info("two");
	cr_assert(lseek(first, 0, SEEK_END) == lseek(out, 0, SEEK_END));
	cr_assert(pread(out, line, sizeof line, 0) > 0 && strstr(line, "msg=two"));
}

Test(log, logging_leaves_errno_alone)
{
	open_log(LOG_LOGFMT);
	log_reopen(-1);
	errno = ENOENT;
	log_info("nobody hears it");
	cr_assert(errno == ENOENT);
}

Test(log, die_says_why_and_exits_with_its_code, .exit_code = EXIT_TEMPORARY)
{
	log_open(open("/dev/null", O_WRONLY), LOG_ERROR, LOG_JSON, "dispatcher");
	die(EXIT_TEMPORARY, "no memory for %d", 3);
}

static void read_last_words(void)
{
	written();
	if (strstr(line, "level=error actor=dispatcher msg=\"no \\\"x\\\" here\" exit_code=100\n"))
		_exit(42);
}

Test(log, the_last_words_are_an_error_with_the_code, .exit_code = 42)
{
	open_log(LOG_LOGFMT);
	atexit(read_last_words);
	die(EXIT_PERMANENT, "no \"%s\" here", "x");
}

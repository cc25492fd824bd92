/* Owns the meaning of a request's head for framing: exactly one Host, one way to tell the body's length, names and
 * values without what other programs might read differently. */
#include "actors/http_ingest/guard.h"
#include <string.h>
#include <strings.h>
#include "ipc/message.h"

struct head {
	struct http_guard *guard;
	struct str target, host;
	bool has_host, has_encoding, is_options;
	uint64_t length;
};

static void refuse(struct http_guard *g, int status, const char *why)
{
	if (g->phase == GUARD_REFUSED)
		return;
	g->phase = GUARD_REFUSED;
	g->status = status;
	g->why = why;
}

static bool same(struct str s, const char *z)
{
	return s.len == strlen(z) && strncasecmp(s.data, z, s.len) == 0;
}

static bool is_token(struct str s)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (!plain && (c == 0 || !strchr(marks, c)))
			return false;
	}
	return s.len > 0;
}

static bool is_known_method(struct str m)
{
	static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (str_eq(m, known[i]))
			return true;
	return false;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Visible ASCII, no fragment, no backslash, whole %-escapes, no escaped NUL. */
static bool is_target(struct str t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.data[i];

		if (c <= 0x20 || c >= 0x7F || c == '#' || c == '\\' || c == '"' || c == '<' || c == '>')
			return false;
		if (c != '%')
			continue;
		if (t.len - i < 3 || !is_hex(t.data[i + 1]) || !is_hex(t.data[i + 2]))
			return false;
		if (t.data[i + 1] == '0' && t.data[i + 2] == '0')
			return false;
	}
	return t.len > 0;
}

/* host[:port] and nothing that a proxy might take apart otherwise. */
static bool is_authority(struct str h)
{
	for (size_t i = 0; i < h.len; i++) {
		char c = h.data[i];

		if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c && strchr(".-_:[]", c))))
			return false;
	}
	return h.len > 0;
}

static void judge_request_line(struct head *h, struct str line)
{
	const char *space = memchr(line.data, ' ', line.len);
	const char *last = memrchr(line.data, ' ', line.len);
	struct str method, version;
	bool known;

	if (!space || space == last) {
		refuse(h->guard, 400, "the request line is malformed");
		return;
	}
	method = (struct str){line.data, (size_t)(space - line.data)};
	h->target = (struct str){space + 1, (size_t)(last - space - 1)};
	version = (struct str){last + 1, (size_t)(line.data + line.len - last - 1)};
	h->is_options = str_eq(method, "OPTIONS");
	known = str_eq(version, "HTTP/1.1") || str_eq(version, "HTTP/1.0");
	if (!known && version.len == 8 && memcmp(version.data, "HTTP/", 5) == 0 && version.data[6] == '.')
		refuse(h->guard, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
	else if (!known || !is_token(method) || !is_target(h->target))
		refuse(h->guard, 400, "the request line is malformed");
	else if (!is_known_method(method))
		refuse(h->guard, 501, "this method isn't implemented");
	h->guard->minor = str_eq(version, "HTTP/1.1") ? 1 : 0;
}

static void judge_length(struct head *h, struct str value)
{
	uint64_t length = 0;

	if (h->guard->has_length)
		refuse(h->guard, 400, "Content-Length is there twice");
	h->guard->has_length = true;
	if (value.len == 0 || value.len > 18)
		refuse(h->guard, value.len > 18 ? 413 : 400, "Content-Length is malformed or too large");
	for (size_t i = 0; i < value.len && i < 18; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			refuse(h->guard, 400, "Content-Length is malformed");
		length = length * 10 + (uint64_t)(value.data[i] - '0');
	}
	h->length = length;
}

static void judge_encoding(struct head *h, struct str value)
{
	if (h->has_encoding)
		refuse(h->guard, 400, "Transfer-Encoding is there twice");
	h->has_encoding = true;
	if (h->guard->minor == 0)
		refuse(h->guard, 400, "HTTP/1.0 has no Transfer-Encoding");
	if (!same(value, "chunked"))
		refuse(h->guard, memchr(value.data, ',', value.len) ? 400 : 501,
			"only the transfer encoding chunked is implemented");
}

static void judge_field(struct head *h, struct str line)
{
	const char *colon = memchr(line.data, ':', line.len);
	struct str name, value;

	if (!colon || !is_token((struct str){line.data, (size_t)(colon - line.data)})) {
		refuse(h->guard, 400, "a header's name is malformed");
		return;
	}
	name = (struct str){line.data, (size_t)(colon - line.data)};
	value = (struct str){colon + 1, line.len - name.len - 1};
	while (value.len && (*value.data == ' ' || *value.data == '\t'))
		value = (struct str){value.data + 1, value.len - 1};
	while (value.len && (value.data[value.len - 1] == ' ' || value.data[value.len - 1] == '\t'))
		value.len--;
	if (++h->guard->headers > GUARD_HEADERS_MAX)
		refuse(h->guard, 431, "there are too many headers");
	if (same(name, "Content-Length")) {
		judge_length(h, value);
	} else if (same(name, "Transfer-Encoding")) {
		judge_encoding(h, value);
	} else if (same(name, "Host")) {
		if (h->has_host || !is_authority(value))
			refuse(h->guard, 400, "Host is malformed or there twice");
		h->has_host = true;
		h->host = value;
	}
}

/* origin-form; absolute-form where it names the same host; "*" for OPTIONS. */
static void judge_target(struct head *h)
{
	struct str t = h->target;

	if ((t.data && *t.data == '/') || (h->is_options && str_eq(t, "*")))
		return;
	if (t.len > 7 && strncasecmp(t.data, "http://", 7) == 0) {
		const char *slash = memchr(t.data + 7, '/', t.len - 7);
		size_t length = slash ? (size_t)(slash - t.data) - 7 : 0;

		if (slash && h->has_host && length == h->host.len && strncasecmp(t.data + 7, h->host.data, length) == 0)
			return;
	}
	refuse(h->guard, 400, "the request's target is neither a path nor an address of this host");
}

void http_guard_head(struct http_guard *g, const char *text, size_t n)
{
	struct head h = {.guard = g};
	const char *at = text, *end = text + n;

	for (unsigned line = 0; at < end && g->phase != GUARD_REFUSED; line++) {
		const char *cr = memchr(at, '\r', (size_t)(end - at));
		struct str s = {at, (size_t)((cr ? cr : end) - at)};

		if (line == 0)
			judge_request_line(&h, s);
		else if (s.len)
			judge_field(&h, s);
		at = cr ? cr + 2 : end;
	}
	if (g->phase == GUARD_REFUSED)
		return;
	judge_target(&h);
	if (!h.has_host && g->minor == 1)
		refuse(g, 400, "Host is missing");
	if (h.has_encoding && g->has_length)
		refuse(g, 400, "both Content-Length and Transfer-Encoding");
	if (g->phase != GUARD_REFUSED)
		http_guard_body(g, h.has_encoding, h.length);
}

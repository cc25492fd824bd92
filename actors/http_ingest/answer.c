/* Owns what goes back to clients: status line, headers every answer carries, bodies, errors. Counts and logs requests.
 */
#include "actors/http_ingest/answer.h"
#include <string.h>
#include <time.h>
#include "actors/http_ingest/connection.h"
#include "actors/http_ingest/dispatch.h"

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *words;
	} known[] = {{200, "OK"}, {202, "Accepted"}, {204, "No Content"}, {304, "Not Modified"}, {400, "Bad Request"},
		{401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
		{408, "Request Timeout"}, {409, "Conflict"}, {413, "Content Too Large"},
		{415, "Unsupported Media Type"}, {417, "Expectation Failed"}, {422, "Unprocessable Content"},
		{429, "Too Many Requests"}, {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"},
		{501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"},
		{505, "HTTP Version Not Supported"}};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].status == status)
			return known[i].words;
	return status < 300 ? "OK" : status < 400 ? "Redirect" : status < 500 ? "Refused" : "Failed";
}

/* RFC 9110 5.6.7, made once a second. */
static const char *date_now(void)
{
	static char text[40];
	static time_t made;
	time_t now = time(NULL);
	struct tm tm;

	if (now != made) {
		gmtime_r(&now, &tm);
		strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		made = now;
	}
	return text;
}

static void log_request(struct ingest *in, const struct request *r)
{
	struct str trace = request_header(r, "traceparent");
	enum log_level level = r->status >= 500 ? LOG_WARN : r->status >= 400 || trace.data ? LOG_INFO : LOG_DEBUG;
	char correlation[HTTP_CORRELATION_BYTES_MAX + 1];

	actor_count(in->actor, COUNT_REQUESTS, 1);
	if (r->status >= 400)
		actor_count(in->actor, COUNT_REFUSED, 1);
	if (!log_wants(level))
		return;
	snprintf(correlation, sizeof correlation, "%.*s", (int)r->correlation.len, r->correlation.data);
	log_correlation(correlation);
	log_event(level, "request",
		(const struct log_field[]){LF_STRN("method", r->method.data, r->method.len),
			LF_STRN("path", r->path.data, r->path.len), LF_INT("status", r->status),
			LF_STRN("traceparent", trace.data, trace.len), LF_STR("peer", r->connection->peer),
			LF_MS("took", r->started_ns ? loop_now(in->actor->loop) - r->started_ns : 0), LF_END});
	log_correlation(NULL);
}

static bool has_no_body(int status)
{
	return status == 204 || status == 304;
}

/* Status line and headers; `length` -1 = not known. */
static void put_head(struct request *r, const struct http_answer *a, int64_t length)
{
	struct ingest *in = r->connection->ingest;
	bool chunked = length < 0 && !r->http_1_0;

	if (in->actor->draining || (length < 0 && r->http_1_0))
		r->close = true;
	dispatch_correlate(r);
	http_text_printf(&r->out, "HTTP/1.1 %d %s\r\nDate: %s\r\nX-Correlation-ID: %.*s\r\n", a->status,
		reason(a->status), date_now(), (int)r->correlation.len, r->correlation.data);
	if (!has_no_body(a->status))
		http_text_printf(&r->out, "Content-Type: %s\r\n", a->type ? a->type : "application/json");
	if (chunked)
		http_text_put(&r->out, "Transfer-Encoding: chunked\r\n");
	else if (length >= 0 && !has_no_body(a->status))
		http_text_printf(&r->out, "Content-Length: %lld\r\n", (long long)length);
	if (r->close)
		http_text_put(&r->out, "Connection: close\r\n");
	else if (r->http_1_0)
		http_text_put(&r->out, "Connection: keep-alive\r\n");
	if (r->cors_origin)
		http_text_printf(&r->out,
			"Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n"
			"Access-Control-Expose-Headers: X-Correlation-ID, X-Total-Count\r\n",
			r->cors_origin);
	if (a->headers)
		http_text_put(&r->out, a->headers);
	http_text_put(&r->out, "\r\n");
}

void http_answer(struct request *r, const struct http_answer *a)
{
	struct connection *c = r->connection;

	r->file = a->file;
	if (!c) { /* the client is gone */
		request_free(r);
		return;
	}
	r->status = a->status;
	r->state = REQUEST_ANSWERED;
	http_text_room(&r->out, a->body.len + 640);
	put_head(r, a, (int64_t)(a->file ? a->file_bytes : a->body.len));
	r->file_left = r->head_only ? 0 : a->file_bytes;
	if (!r->head_only && !has_no_body(a->status))
		http_text_add(&r->out, a->body.data, a->body.len);
	log_request(c->ingest, r);
	connection_pump(c);
}

void http_refuse(struct request *r, int status, const char *detail)
{
	struct http_text body = {.arena = &r->arena};
	char retry[64] = "";

	if (status == 503)
		snprintf(retry, sizeof retry, "Retry-After: %d\r\n", HTTP_RETRY_AFTER_S);
	else if (status == 401)
		snprintf(retry, sizeof retry, "WWW-Authenticate: Bearer\r\n");
	http_text_put(&body, "{\"detail\":");
	http_text_json(&body, str_of(detail));
	http_text_put(&body, "}");
	if (r->connection && r->connection->too_many)
		r->close = true;
	http_answer(r, &(struct http_answer){.status = status, .headers = retry, .body = {body.at, body.n}});
}

void http_refuse_field(struct request *r, const char *loc, const char *msg, const char *type)
{
	struct http_text body = {.arena = &r->arena};
	bool first = true;

	http_text_put(&body, "{\"detail\":[{\"loc\":[");
	for (const char *at = loc, *end; *at; at = *end ? end + 1 : end, first = false) {
		end = strchrnul(at, '.');
		http_text_put(&body, first ? "" : ",");
		if (*at >= '0' && *at <= '9')
			http_text_add(&body, at, (size_t)(end - at));
		else
			http_text_json(&body, (struct str){at, (size_t)(end - at)});
	}
	http_text_put(&body, "],\"msg\":");
	http_text_json(&body, str_of(msg));
	http_text_put(&body, ",\"type\":");
	http_text_json(&body, str_of(type));
	http_text_put(&body, "}]}");
	http_answer(r, &(struct http_answer){.status = 422, .body = {body.at, body.n}});
}

void http_stream_begin(struct request *r, const struct http_answer *a)
{
	r->status = a->status;
	r->state = REQUEST_STREAMING;
	put_head(r, a, -1);
	log_request(r->connection->ingest, r);
	connection_pump(r->connection);
}

void http_stream_part(struct request *r, struct str part)
{
	struct connection *c = r->connection;

	if (part.len == 0 || r->head_only)
		return;
	if (r->out.n - r->sent + part.len > HTTP_STREAM_WAITING_MAX) {
		connection_destroy(c); /* reads too slowly */
		return;
	}
	if (!r->http_1_0)
		http_text_printf(&r->out, "%zx\r\n", part.len);
	http_text_add(&r->out, part.data, part.len);
	if (!r->http_1_0)
		http_text_put(&r->out, "\r\n");
	connection_pump(c);
}

void http_stream_end(struct request *r)
{
	r->state = REQUEST_ANSWERED;
	if (!r->http_1_0 && !r->head_only)
		http_text_put(&r->out, "0\r\n\r\n");
	if (r->connection->ingest->actor->draining)
		r->close = true;
	dispatch_forget(r);
	connection_pump(r->connection);
}

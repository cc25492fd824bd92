/* Owns the way to the HTTP API: the unix socket that the supervisor names, whose file mode is the authentication. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include "tools/tdsctl/ctl.h"

enum { DEPTH_MAX = 64 };

static size_t take(char *bytes, size_t size, size_t n, void *to)
{
	buf_add(to, bytes, size * n);
	return size * n;
}

static struct json_object *parse(const struct buf *b)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *json = tok && b->len ? json_tokener_parse_ex(tok, b->data, (int)b->len) : NULL;
	if (tok)
		json_tokener_free(tok);
	return json;
}

struct transfer {
	CURL *curl;
	struct curl_slist *headers;
	struct reply *reply;
};

static void open_transfer(
	struct transfer *t, struct ctl *c, const char *method, const char *path, const char *body, long timeout)
{
	char url[2 * PATH_BYTES];
	snprintf(url, sizeof url, "http://tds%s", path);
	t->curl = curl_easy_init();
	t->headers = curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"), "Expect:");
	if (!t->curl || !t->headers)
		fail(EXIT_FAILED, "out of memory");
	curl_easy_setopt(t->curl, CURLOPT_UNIX_SOCKET_PATH, where_text(c, "api"));
	curl_easy_setopt(t->curl, CURLOPT_URL, url);
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(t->curl, CURLOPT_CUSTOMREQUEST, method);
	if (strcmp(method, "GET") != 0)
		curl_easy_setopt(t->curl, CURLOPT_COPYPOSTFIELDS, body ? body : "");
	curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, &t->reply->body);
	curl_easy_setopt(t->curl, CURLOPT_TIMEOUT, timeout);
	curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(t->curl, CURLOPT_USERAGENT, "tdsctl/" TDS_VERSION);
}

static void close_transfer(struct transfer *t, CURLcode code)
{
	struct reply *r = t->reply;
	if (code == CURLE_OK)
		curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &r->status);
	else
		snprintf(r->error, sizeof r->error, "%s", curl_easy_strerror(code));
	r->json = parse(&r->body);
	curl_easy_cleanup(t->curl);
	curl_slist_free_all(t->headers);
}

struct reply http_try(struct ctl *c, const char *method, const char *path, const char *body)
{
	struct reply r = {0};
	struct transfer t = {.reply = &r};
	open_transfer(&t, c, method, path, body, c->patience_s);
	close_transfer(&t, curl_easy_perform(t.curl));
	return r;
}

struct reply http_long(
	struct ctl *c, const char *path, const char *body, void (*meanwhile)(void *), void *ctx, int every_ms)
{
	struct reply r = {0};
	struct transfer t = {.reply = &r};
	CURLM *multi = curl_multi_init();
	CURLcode code = CURLE_FAILED_INIT;
	int running = 1, left;
	open_transfer(&t, c, "POST", path, body, 0); /* as long as it takes */
	curl_multi_add_handle(multi, t.curl);
	while (curl_multi_perform(multi, &running) == CURLM_OK && running) {
		if (curl_multi_poll(multi, NULL, 0, every_ms, NULL) != CURLM_OK)
			break;
		if (curl_multi_perform(multi, &running) == CURLM_OK && running)
			meanwhile(ctx);
	}
	for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));)
		code = m->msg == CURLMSG_DONE ? m->data.result : code;
	curl_multi_remove_handle(multi, t.curl);
	close_transfer(&t, code);
	curl_multi_cleanup(multi);
	return r;
}

/* FastAPI's shapes: a text, or a list of {loc, msg}. */
void reply_detail(const struct reply *r, char *to, size_t size)
{
	struct json_object *detail = json_at(r->json, "detail");
	struct json_object *first =
		json_object_is_type(detail, json_type_array) ? json_object_array_get_idx(detail, 0) : NULL;
	if (first) {
		struct json_object *loc = json_at(first, "loc");
		size_t n = loc ? json_object_array_length(loc) : 0;
		snprintf(to, size, "%s: %s", n ? json_text(json_object_array_get_idx(loc, n - 1)) : "",
			json_text(json_at(first, "msg")));
	} else if (detail) {
		snprintf(to, size, "%s", json_text(detail));
	} else {
		snprintf(to, size, "HTTP %ld", r->status);
	}
}

struct reply http_ask(struct ctl *c, const char *method, const char *path, const char *body)
{
	char why[1024];
	struct reply r = http_try(c, method, path, body);
	if (!r.status)
		fail(EXIT_FAILED, "TDS runs, but its API on %s doesn't answer: %s; see tdsctl status",
			where_text(c, "api"), r.error);
	if (r.status >= 400) {
		reply_detail(&r, why, sizeof why);
		fail(EXIT_FAILED, "%s", why);
	}
	if (c->json && r.body.len)
		printf("%s\n", r.body.data);
	return r;
}

void reply_free(struct reply *r)
{
	json_object_put(r->json);
	buf_free(&r->body);
}

void path_add(struct buf *b, const char *segment)
{
	for (const unsigned char *p = (const unsigned char *)segment; *p; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
			strchr("-_.~:", *p))
			buf_add(b, p, 1);
		else
			buf_fmt(b, "%%%02X", *p);
}

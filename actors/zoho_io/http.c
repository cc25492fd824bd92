/* Owns the calls under way and libcurl's multi handle; http_socket.c ties that to the loop. */
#include "actors/zoho_io/http_private.h"
#include "ipc/seam.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BODY_BYTES_FIRST = 65536 };

static size_t on_body(char *bytes, size_t one, size_t n, void *ctx)
{
	struct http_call *call = ctx;
	(void)one;
	if (n > call->body_max - call->reply.length) {
		call->reply.too_big = true;
		return 0;
	}
	size_t needed = call->reply.length + n;
	if (needed > call->capacity) {
		size_t capacity = call->capacity ? call->capacity * 2 : BODY_BYTES_FIRST;
		capacity = capacity < needed ? needed : capacity;
		char *body = realloc(call->reply.body, capacity);
		if (!body)
			return 0;
		call->reply.body = body;
		call->capacity = capacity;
	}
	memcpy(call->reply.body + call->reply.length, bytes, n);
	call->reply.length = needed;
	return n;
}

static int64_t number_of(const char *value)
{
	char *end;
	long long n = strtoll(value, &end, 10);
	return end != value && n >= 0 ? n : -1;
}

static int64_t date_of(const char *value)
{
	time_t at = curl_getdate(value, NULL);
	return at > 0 ? (int64_t)at * 1000000 : 0;
}

static size_t on_header(char *line, size_t one, size_t n, void *ctx)
{
	struct http_head *head = &((struct http_call *)ctx)->reply.head;
	const struct {
		const char *name;
		int64_t *to;
	} wanted[] = {{"x-rate-limit-limit:", &head->day_limit}, {"x-rate-limit-remaining:", &head->day_left},
		{"x-rate-limit-reset:", &head->day_reset_s}, {"retry-after:", &head->retry_after_s}};
	char text[128];
	(void)one;
	if (n >= sizeof text)
		return n;
	memcpy(text, line, n);
	text[n] = 0;
	if (!strncasecmp(text, "date:", 5))
		head->date_us = date_of(text + 5);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		size_t length = strlen(wanted[i].name);
		if (!strncasecmp(text, wanted[i].name, length))
			*wanted[i].to = number_of(text + length);
	}
	return n;
}

bool zoho_http_is_loopback(const char *url)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
	const char *host = strstr(url, "://");
	for (size_t i = 0; host && i < sizeof hosts / sizeof *hosts; i++) {
		size_t n = strlen(hosts[i]);
		if (!strncmp(host + 3, hosts[i], n) && strchr(":/?", host[3 + n]))
			return true; /* strchr finds the end, too */
	}
	return false;
}

bool zoho_http_acceptable(const char *url)
{
	return !strncmp(url, "https://", 8) || (!strncmp(url, "http://", 7) && zoho_http_is_loopback(url));
}

static void set_options(struct http_call *call, const struct http_request *request)
{
	CURL *easy = call->easy;
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, zoho_http_is_loopback(request->url) ? "http,https" : "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L * 1024);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "tds/" TDS_VERSION);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(request->timeout_ns / 1000000));
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(request->connect_timeout_ns / 1000000));
	if (zoho_http_is_loopback(request->url))
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (request->post)
		curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->post);
	zoho_http_socket_options(call->http, easy);
}

static void free_call(struct http_call *call)
{
	curl_slist_free_all(call->headers);
	curl_easy_cleanup(call->easy);
	free(call->reply.body);
	free(call);
}

static void describe(struct http_call *call, CURLcode result)
{
	struct http_reply *reply = &call->reply;
	reply->took_ns = loop_clock() - call->started_ns;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &reply->status);
	curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &reply->type);
	reply->type = reply->type ? reply->type : "";
	reply->unsent = result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST ||
			result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CONNECT_ERROR;
	if (result == CURLE_OK)
		return;
	reply->error = reply->too_big ? call->too_big : *call->error ? call->error : curl_easy_strerror(result);
}

void zoho_http_finish(struct http_call *call, CURLcode result)
{
	struct http *http = call->http;
	describe(call, result);
	curl_multi_remove_handle(http->multi, call->easy);
	call->done(call->ctx, &call->reply);
	free_call(call);
}

struct http_call *zoho_http_start(struct http *http, const struct http_request *request, http_done done, void *ctx)
{
	struct http_call *call = calloc(1, sizeof *call);
	CURL *easy = call ? curl_easy_init() : NULL;
	if (!easy) {
		free(call);
		return NULL;
	}
	*call = (struct http_call){.http = http,
		.easy = easy,
		.done = done,
		.ctx = ctx,
		.body_max = request->body_max,
		.too_big =
			request->too_big
				? request->too_big
				: "the reply is larger than zoho.page_bytes_max; sync.page_size asks for less at once"};
	call->reply.head = (struct http_head){0, -1, -1, -1, -1};
	call->started_ns = loop_clock();
	for (int i = 0; request->headers[i]; i++)
		call->headers = curl_slist_append(call->headers, request->headers[i]);
	set_options(call, request);
	if (SEAM_CALL(CURL, 0) < 0) /* a test's fault: a connection that can't be made */
		curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/");
	if (curl_multi_add_handle(http->multi, easy) != CURLM_OK) {
		free_call(call);
		return NULL;
	}
	return call;
}

void zoho_http_abort(struct http_call *call)
{
	if (!call)
		return;
	curl_multi_remove_handle(call->http->multi, call->easy);
	free_call(call);
}

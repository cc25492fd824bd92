/* What http.c and http_socket.c share. */
#pragma once
#include <curl/curl.h>
#include "actors/alarm.h"
#include "actors/zoho_io/http.h"

struct http_socket { /* one of libcurl's; lives until its poll was reaped and libcurl is done with it */
	struct http_socket *next;
	struct http *http;
	struct loop_op op;
	curl_socket_t fd;
	unsigned wanted; /* poll events; 0 = none */
	unsigned armed;	 /* those of the poll under way */
	bool closed;	 /* libcurl wants it closed: once the poll was reaped */
};

struct http {
	struct loop *loop;
	CURLM *multi;
	struct alarm alarm;
	struct http_socket *sockets;
};

struct http_call {
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	http_done done;
	void *ctx;
	size_t body_max, capacity;
	const char *too_big;
	int64_t started_ns;
	struct http_reply reply;
	char error[CURL_ERROR_SIZE];
};

void zoho_http_finish(struct http_call *, CURLcode);
void zoho_http_socket_options(struct http *, CURL *);

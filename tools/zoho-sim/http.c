/* Owns the HTTP server: a thread per connection, so that a slow or hanging call holds up nobody else. */
#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "clock.h"

#define CONNECTIONS_MAX 1000
#define IDLE_SECONDS 120
#define THREAD_STACK_BYTES (256u << 10)
#define SLOW_PIECES 20

static struct MHD_Daemon *server;
static request_handler *handle;
static char base[64];
static unsigned port;

const char *request_query(struct request *request, const char *key)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, key);
}

static enum MHD_Result add_query(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct text *out = context;

	(void)kind;
	text_printf(out, "%s%s=%s", out->length ? "&" : "", key, value ? value : "");
	return MHD_YES;
}

void request_queries(struct request *request, struct text *out)
{
	MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, add_query, out);
}

const char *request_header(struct request *request, const char *key)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, key);
}

void reply_header(struct request *request, const char *name, const char *format, ...)
{
	va_list arguments;
	char value[256];

	if (request->header_count == HEADERS_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(value, sizeof value, format, arguments);
	va_end(arguments);
	request->headers[request->header_count++] = text_format("%s: %s", name, value);
}

static void request_free(struct request *request)
{
	size_t i;

	for (i = 0; i < request->header_count; i++)
		free(request->headers[i]);
	text_free(&request->body);
	text_free(&request->reply);
	free(request->method);
	free(request->path);
	free(request);
}

/* Hands out the reply's bytes where they are not simply sent as a whole. */
static ssize_t read_reply(void *context, uint64_t position, char *buffer, size_t room)
{
	struct request *request = context;
	size_t left = request->reply.length - (size_t)position;

	if (left == 0)
		return request->delivery == DELIVER_CUT ? MHD_CONTENT_READER_END_WITH_ERROR
							: MHD_CONTENT_READER_END_OF_STREAM;
	if (request->delivery == DELIVER_SLOWLY) {
		if (!http_sleep(request, request->slow_ms / SLOW_PIECES))
			return MHD_CONTENT_READER_END_WITH_ERROR;
		room = request->reply.length / SLOW_PIECES + 1 < room ? request->reply.length / SLOW_PIECES + 1 : room;
	}
	if (left > room)
		left = room;
	memcpy(buffer, request->reply.data + position, left);
	return (ssize_t)left;
}

static struct MHD_Response *response_of(struct request *request)
{
	uint64_t size = MHD_SIZE_UNKNOWN;

	if (request->delivery == DELIVER_WHOLE)
		return MHD_create_response_from_buffer(request->reply.length,
			request->reply.length ? request->reply.data : (char *)"", MHD_RESPMEM_PERSISTENT);
	if (request->delivery == DELIVER_CUT) {
		size = request->reply.length;
		request->reply.length = request->reply.length * 2 / 3;
	} else if (request->delivery == DELIVER_SLOWLY) {
		size = request->reply.length;
	}
	return MHD_create_response_from_callback(size, 32768, read_reply, request, NULL);
}

/* A reset now: to disconnect a TCP socket from its address sends one, whatever the server does with it later. */
static enum MHD_Result reset(struct request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	if (info && connect(info->connect_fd, &nowhere, sizeof nowhere) != 0)
		perror("zoho-sim: connect to nowhere");
	return MHD_NO;
}

static enum MHD_Result send_reply(struct request *request)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	char *colon, date[TIME_TEXT_MAX];
	size_t i;

	if (request->delivery == DELIVER_RESET)
		return reset(request);
	if (request->delivery == DELIVER_NOTHING)
		return MHD_NO;
	response = response_of(request);
	MHD_add_response_header(response, "Content-Type",
		request->content_type ? request->content_type : "application/json;charset=UTF-8");
	MHD_add_response_header(response, "Cache-Control", "no-store, no-cache, must-revalidate, max-age=0");
	if (!request->undated)
		MHD_add_response_header(response, "Date", clock_http(clock_now(), date));
	if (request->gzipped)
		MHD_add_response_header(response, "Content-Encoding", "gzip");
	for (i = 0; i < request->header_count; i++) {
		colon = strchr(request->headers[i], ':');
		*colon = '\0';
		MHD_add_response_header(response, request->headers[i], colon + 2);
	}
	result = MHD_queue_response(request->connection, request->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
	const char *method, const char *version, const char *data, size_t *data_length, void **connection_state)
{
	struct request *request = *connection_state;

	(void)context, (void)version;
	if (!request) {
		request = calloc(1, sizeof *request);
		if (!request)
			return MHD_NO;
		*request = (struct request){.connection = connection, .method = strdup(method), .path = strdup(path)};
		*connection_state = request;
		return MHD_YES;
	}
	if (*data_length) {
		request->too_large |= request->body.length + *data_length > BODY_BYTES_MAX;
		if (!request->too_large)
			text_append(&request->body, data, *data_length);
		*data_length = 0;
		return MHD_YES;
	}
	request->status = MHD_HTTP_OK;
	handle(request);
	return send_reply(request);
}

static void on_completed(
	void *context, struct MHD_Connection *connection, void **connection_state, enum MHD_RequestTerminationCode how)
{
	struct request *request = *connection_state;

	(void)context, (void)connection, (void)how;
	*connection_state = NULL;
	if (!request)
		return;
	if (request->stops)
		stop_ask();
	request_free(request);
}

static void on_message(void *context, const char *format, va_list arguments)
{
	/* The faults asked for make the library complain; that is no news. */
	(void)context, (void)format, (void)arguments;
}

static bool address_of(const char *text, struct sockaddr_in *address)
{
	const char *colon = strrchr(text, ':');
	char host[64], *end;
	unsigned long number;

	if (!colon || (size_t)(colon - text) >= sizeof host)
		return false;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	number = strtoul(colon + 1, &end, 10);
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)number)};
	return colon[1] && !*end && number <= 65535 && inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

/* Bound and listening, with the port that was chosen in address; -1 and errno otherwise. */
static int listening_socket(struct sockaddr_in *address)
{
	socklen_t length = sizeof *address;
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)address, length) == 0 && listen(fd, 512) == 0 &&
		getsockname(fd, (struct sockaddr *)address, &length) == 0)
		return fd;
	close(fd);
	return -1;
}

bool http_start(const char *listen_at, request_handler *handler)
{
	struct sockaddr_in address;
	int fd;

	if (!address_of(listen_at, &address)) {
		fprintf(stderr, "zoho-sim: --listen %s: not like 127.0.0.1:9000\n", listen_at);
		exit(2);
	}
	fd = listening_socket(&address);
	if (fd < 0) {
		fprintf(stderr, "zoho-sim: cannot listen on %s: %m\n", listen_at);
		return false;
	}
	/* All of this is set before the first request can come. */
	handle = handler;
	port = ntohs(address.sin_port);
	snprintf(base, sizeof base, "http://%.*s:%u", (int)(strrchr(listen_at, ':') - listen_at), listen_at, port);
	server = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
					  MHD_USE_ERROR_LOG | MHD_USE_ITC | MHD_USE_SUPPRESS_DATE_NO_CLOCK,
		0, NULL, NULL, on_request, NULL, MHD_OPTION_EXTERNAL_LOGGER, on_message, NULL, MHD_OPTION_LISTEN_SOCKET,
		fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_THREAD_STACK_SIZE, (size_t)THREAD_STACK_BYTES,
		MHD_OPTION_END);
	if (!server)
		fprintf(stderr, "zoho-sim: cannot serve on %s: %m\n", listen_at);
	return server != NULL;
}

unsigned http_port(void)
{
	return port;
}

const char *http_base(void)
{
	return base;
}

void http_stop(void)
{
	MHD_stop_daemon(server);
}

/* Owns the program from start to end: options, the organisation, the server, then waiting to be stopped. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "api.h"
#include "calls.h"
#include "clock.h"
#include "control.h"
#include "generate.h"
#include "http.h"
#include "oauth.h"
#include "options.h"
#include "webhooks.h"

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static void on_request(struct request *request)
{
	int64_t started = clock_wall_ms();

	if (starts_with(request->path, "/_sim/")) {
		control_call(request);
		return;
	}
	if (starts_with(request->path, "/books/v3/") || starts_with(request->path, "/inventory/v1/"))
		api_call(request);
	else if (!strcmp(request->path, "/oauth/v2/token") && !strcmp(request->method, "POST"))
		oauth_token(request);
	else
		api_error(request, 404, 5, "Invalid URL Passed");
	calls_log(request, started);
}

/* Signals are taken by a thread that waits for them, so that no handler needs to be careful. */
static void *wait_for_signal(void *signals)
{
	int number;

	sigwait(signals, &number);
	stop_ask();
	return NULL;
}

/* The file is there either not at all or complete. */
static bool write_port(const char *path)
{
	char *draft = text_format("%s.new", path);
	FILE *file = fopen(draft, "w");
	bool written = file && fprintf(file, "%u\n", http_port()) > 0;

	written = file && fclose(file) == 0 && written && rename(draft, path) == 0;
	if (!written)
		fprintf(stderr, "zoho-sim: %s: %m\n", path);
	free(draft);
	return written;
}

int main(int argc, char **argv)
{
	static sigset_t signals;
	pthread_t waiter;
	bool ready;

	entities_init();
	options_read(argc, argv);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	generate_all();
	webhooks_start();
	if (!http_start(options.listen, on_request))
		return 1;
	ready = !*options.port_file || write_port(options.port_file);
	if (ready) {
		printf("zoho-sim: listening on %s\n", http_base());
		fflush(stdout);
		pthread_create(&waiter, NULL, wait_for_signal, &signals);
		pthread_detach(waiter);
		stop_wait();
	} else {
		stop_ask();
	}
	http_stop();
	webhooks_stop();
	curl_global_cleanup();
	return ready ? 0 : 1;
}

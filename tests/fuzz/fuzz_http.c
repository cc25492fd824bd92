/* libFuzzer entry over what the network may send: the HTTP parser (whole and cut in two must agree), and on a request's
 * body the JSON reader, its canonical form, the webhook shapes and forms. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "actors/http_ingest/parser.h"
#include "actors/http_ingest/webhook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_limits limits = {.head_bytes_max = 4096, .body_bytes_max = 65536};

struct outcome {
	enum http_parsed result;
	size_t used, body_n;
	int status;
};

static struct outcome parse(struct request *r, const char *text, size_t size, size_t cut)
{
	struct http_parser p;
	struct outcome o = {.result = PARSED_MORE};

	http_parser_start(&p, r, &limits);
	while (o.used < size && (o.result == PARSED_MORE || o.result == PARSED_HEAD)) {
		size_t end = o.used < cut ? cut : size, used;
		char *part = malloc(end - o.used); /* of exactly this size: a byte too far is seen */

		memcpy(part, text + o.used, end - o.used);
		o.result = http_parser_feed(&p, part, end - o.used, &used);
		free(part);
		o.used += used;
	}
	o.body_n = r->body_n;
	o.status = p.guard.phase == GUARD_REFUSED ? p.guard.status : 0;
	return o;
}

static void read_body(struct str body)
{
	struct http_arena arena = {0};
	struct http_text once = {.arena = &arena}, twice = {.arena = &arena};
	struct json json, again;
	struct delivery d = {.operation = OP_UPSERT};
	struct refusal refusal = {0};
	struct form form;

	form_read(&form, body, &arena);
	if (json_read(&json, body, &arena)) {
		json_canonical(&json, 0, &once);
		if (!json_read(&again, (struct str){once.at, once.n}, &arena))
			abort(); /* a canonical form is JSON */
		json_canonical(&again, 0, &twice);
		if (once.n != twice.n || memcmp(once.at, twice.at, once.n) != 0)
			abort(); /* and its own canonical form */
		for (int e = ENTITY_NONE; e < ENTITIES; e++)
			if (shape_event(&d, &json, 0, false, (enum entity_id)e, &arena, &refusal))
				record_key(&d, (struct str){0});
	}
	http_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request *whole = request_new(NULL), *parts = request_new(NULL);
	const char *text = (const char *)data + 2;
	size_t cut;

	if (size >= 2) {
		size -= 2;
		cut = (size_t)(data[0] | data[1] << 8) % (size + 1);
		struct outcome a = parse(whole, text, size, size), b = parse(parts, text, size, cut);

		if (a.result == PARSED_REFUSED || a.result == PARSED_DONE)
			if (a.result != b.result || a.status != b.status)
				abort();
		if (a.result == PARSED_DONE && (a.used != b.used || a.body_n != b.body_n))
			abort();
		if (a.result == PARSED_DONE)
			read_body((struct str){whole->body ? whole->body : "", whole->body_n});
		read_body((struct str){text, size});
	}
	request_free(whole);
	request_free(parts);
	return 0;
}

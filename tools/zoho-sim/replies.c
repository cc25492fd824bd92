/* Owns replies given from outside: bodies that are served instead of what the organisation holds. */
#include "replies.h"

#include <fnmatch.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

#define REPLIES_MAX 256

struct given {
	char path[128]; /* the shell's pattern */
	long page;	/* of a list; 0: any */
	long count;	/* how often it is given, negative: always */
	long given;
	unsigned status;
	struct text body;
};

static struct given replies[REPLIES_MAX];
static size_t reply_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *add_one(json_object *spec)
{
	struct given *one = &replies[reply_count];
	json_object *body = NULL;

	if (reply_count == REPLIES_MAX)
		return "too many replies; DELETE /_sim/replies first";
	if (!json_object_is_type(spec, json_type_object) || !spec_keys(spec, " path page status body count ") ||
		*spec_text(spec, "path") != '/' || !json_object_object_get_ex(spec, "body", &body))
		return "path (from /books or /inventory on) and body are needed; page, status and count may be given";
	*one = (struct given){.page = spec_whole(spec, "page", 0),
		.count = spec_whole(spec, "count", -1),
		.status = (unsigned)spec_whole(spec, "status", 200)};
	if (one->status < 200 || one->status > 599)
		return "status must be 200 to 599";
	snprintf(one->path, sizeof one->path, "%s", spec_text(spec, "path"));
	/* A string is sent as it is, so that it need not be JSON. */
	if (json_object_is_type(body, json_type_string))
		text_append(&one->body, json_object_get_string(body), (size_t)json_object_get_string_len(body));
	else
		text_json(&one->body, body);
	reply_count++;
	return NULL;
}

const char *replies_add(json_object *specs)
{
	const char *wrong = NULL;
	size_t i;

	pthread_mutex_lock(&lock);
	if (!json_object_is_type(specs, json_type_array))
		wrong = add_one(specs);
	else
		for (i = 0; i < json_object_array_length(specs) && !wrong; i++)
			wrong = add_one(json_object_array_get_idx(specs, i));
	pthread_mutex_unlock(&lock);
	return wrong;
}

bool replies_add_file(const char *path)
{
	json_object *specs = json_object_from_file(path);
	const char *wrong = specs ? replies_add(specs) : json_util_get_last_err();

	json_object_put(specs);
	if (wrong)
		fprintf(stderr, "zoho-sim: %s: %s\n", path, wrong);
	return wrong == NULL;
}

void replies_clear(void)
{
	pthread_mutex_lock(&lock);
	while (reply_count)
		text_free(&replies[--reply_count].body);
	pthread_mutex_unlock(&lock);
}

static bool fits(const struct given *one, const char *path, long page)
{
	return one->count != 0 && (!one->page || one->page == page) && fnmatch(one->path, path, 0) == 0;
}

bool replies_answer(struct request *request)
{
	const char *page = request_query(request, "page");
	struct given *found = NULL;
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < reply_count && !found; i++) {
		if (fits(&replies[i], request->path, page ? strtol(page, NULL, 10) : 1))
			found = &replies[i];
	}
	if (found) {
		found->count -= found->count > 0;
		found->given++;
		request->status = found->status;
		text_append(&request->reply, found->body.data ? found->body.data : "", found->body.length);
	}
	pthread_mutex_unlock(&lock);
	return found != NULL;
}

void replies_describe(struct text *out)
{
	size_t i;

	pthread_mutex_lock(&lock);
	text_puts(out, "[");
	for (i = 0; i < reply_count; i++) {
		text_puts(out, i ? ",{\"path\":" : "{\"path\":");
		text_json_string(out, replies[i].path);
		text_printf(out, ",\"page\":%ld,\"status\":%u,\"given\":%ld}", replies[i].page, replies[i].status,
			replies[i].given);
	}
	text_puts(out, "]");
	pthread_mutex_unlock(&lock);
}

/* Owns what a fault does to a reply, so that the API's own code knows nothing of faults. */
#include "fault_reply.h"

#include <string.h>

#include "api.h"
#include "image.h"
#include "image_forms.h"
#include "oauth.h"
#include "options.h"

#define SLOW_MS 2000
#define HANG_MS 3600000

static void html(struct request *request, unsigned status)
{
	request->status = status;
	request->content_type = "text/html;charset=UTF-8";
	text_clear(&request->reply);
	text_puts(&request->reply,
		"<!DOCTYPE html>\n<html><head><title>Service unavailable</title></head>\n"
		"<body><h1>We are sorry</h1><p>Something went wrong on our side.</p></body></html>\n");
}

/* Any text instead of the usual body. */
static void body_instead(struct request *request, const struct fault *fault)
{
	if (!*fault->body)
		return;
	text_clear(&request->reply);
	text_puts(&request->reply, fault->body);
}

static void refuse(struct request *request, const struct fault *fault)
{
	if (fault->kind == FAULT_429) {
		api_error(request, 429, fault->code, "Too many requests.");
		if (options.retry_after_seconds)
			reply_header(request, "Retry-After", "%u", options.retry_after_seconds);
	} else if (fault->kind == FAULT_500) {
		api_error(request, 500, 1000, "Internal Error");
	} else if (fault->kind == FAULT_503) {
		html(request, 503);
	} else if (fault->kind == FAULT_HTML) {
		html(request, (unsigned)fault->status);
	} else {
		if (fault->kind == FAULT_TOKEN_REVOKED)
			oauth_revoke();
		api_error(request, 401, fault->kind == FAULT_TOKEN_REVOKED ? 57 : fault->code,
			"You are not authorized to perform this operation");
	}
	body_instead(request, fault);
}

bool fault_before(struct request *request, const struct fault *fault)
{
	long delay = fault->delay_ms;

	if (fault->kind == FAULT_NONE || fault->kind == FAULT_SLOW)
		return false;
	if (fault->kind == FAULT_HANG && delay < 0)
		delay = HANG_MS;
	if (delay > 0)
		http_sleep(request, delay);
	switch (fault->kind) {
	case FAULT_HANG:
		request->delivery = DELIVER_NOTHING;
		request->status = 0;
		return true;
	case FAULT_RESET:
		request->delivery = DELIVER_RESET;
		request->status = 0;
		return true;
	case FAULT_TRUNCATE:
	case FAULT_GZIP_CUT:
		return false;
	case FAULT_IMAGE:
		if (!strcmp(fault->body, "gone"))
			api_error(request, 404, 1040, "Image does not exist.");
		return !strcmp(fault->body, "gone");
	default:
		refuse(request, fault);
		return true;
	}
}

void fault_after(struct request *request, const struct fault *fault)
{
	if (fault->kind == FAULT_SLOW) {
		request->delivery = DELIVER_SLOWLY;
		request->slow_ms = fault->delay_ms < 0 ? SLOW_MS : (unsigned)fault->delay_ms;
	} else if (fault->kind == FAULT_TRUNCATE) {
		body_instead(request, fault);
		request->delivery = DELIVER_CUT;
	} else if (fault->kind == FAULT_IMAGE && request->status == 200 && request->content_type) {
		image_spoil(request, fault->body);
	} else if (fault->kind == FAULT_GZIP_CUT) {
		/* A stream that ends early, inside a message that is complete. */
		gzip_wrap(&request->reply);
		request->gzipped = true;
		request->reply.length = request->reply.length * 2 / 3;
		request->delivery = DELIVER_WHOLE;
	}
}

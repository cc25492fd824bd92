/* Owns the images on their way: asked for once however often they are wanted, several at once as the budget allows, each ending
 * as a file and a row, or as the reason why not. What is lost with this process is wanted again by its row. */
#include "actors/zoho_io/images.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES_MAX = 1000 };

void zoho_images_open(struct zoho *z)
{
	for (int lane = 0; lane < LANES; lane++)
		TAILQ_INIT(&z->images.by_lane[lane]);
	z->images.dir = images_open(z->actor->config.tds_data_dir, O_RDONLY);
	actor_keeps_files_in(z->images.dir);
	if (z->images.dir < 0)
		log_error("no image can be stored", LF_STR("directory", IMAGES_DIR), LF_STR("error", strerror(errno)));
}

static void free_image(struct image *i)
{
	struct zoho *z = i->call.zoho;
	zoho_call_stop(&i->call);
	TAILQ_REMOVE(&z->images.by_lane[i->call.lane], i, in_lane);
	z->images.n--;
	free(i->document);
	free(i);
}

static void report(struct zoho *z, const struct msg_image_done *m)
{
	zoho_report(z, MSG_IMAGE_DONE, m);
}

void zoho_image_done(struct image *i, enum image_outcome outcome, long status, const char *error)
{
	report(i->call.zoho, &(struct msg_image_done){.id = str_of(i->id),
				     .run = str_of(i->run),
				     .fence = i->fence,
				     .page = i->page,
				     .outcome = outcome,
				     .calls = i->calls,
				     .status = (uint64_t)status,
				     .error = str_of(error)});
	free_image(i);
}

/* Whether the failure is Zoho's, so that the next image would fare no better. */
static bool is_away(const struct call *call, const struct reply *r)
{
	return r->verdict == REPLY_LIMITED || r->verdict == REPLY_UNAUTHORIZED ||
	       (r->verdict == REPLY_TRANSIENT && r->code != CODE_SHAPE &&
		       !zoho_product_answers(call->zoho, call->of->product, call->tried_us));
}

static void on_over(struct call *call, const struct reply *r)
{
	struct image *i = (struct image *)call;
	call->state = CALL_HELD;
	if (is_away(call, r))
		zoho_image_done(i, IMAGE_AWAY, r->status, r->why);
	else
		zoho_image_record(i,
			r->verdict == REPLY_OK		? IMAGE_STORED
			: r->verdict == REPLY_NOT_FOUND ? IMAGE_GONE
							: IMAGE_REFUSED,
			r);
}

static struct image *find(struct zoho *z, struct str id)
{
	struct image *i;
	for (int lane = 0; lane < LANES; lane++)
		TAILQ_FOREACH(i, &z->images.by_lane[lane], in_lane)
	if (str_eq(id, i->id))
		return i;
	return NULL;
}

static void take(char *to, size_t size, struct str from)
{
	snprintf(to, size, "%.*s", (int)from.len, from.data ? from.data : "");
}

/* The latest request is the one that is answered, in its lane. */
static void take_request(struct image *i, const struct msg_image *m)
{
	struct zoho *z = i->call.zoho;
	take(i->run, sizeof i->run, m->run);
	i->fence = m->fence;
	i->page = m->page;
	if (i->call.state != CALL_WAITING)
		return;
	TAILQ_REMOVE(&z->images.by_lane[i->call.lane], i, in_lane);
	i->call.lane = m->lane < LANES ? (enum lane)m->lane : LANE_DETAIL;
	TAILQ_INSERT_TAIL(&z->images.by_lane[i->call.lane], i, in_lane);
	take(i->file, sizeof i->file, image_name_type(m->file) ? m->file : (struct str){0});
	free(i->document);
	i->document = strndup(m->document.len ? m->document.data : "", m->document.len);
	if (!i->document)
		die(EXIT_TEMPORARY, "out of memory");
}

static struct image *make(struct zoho *z, struct str id)
{
	struct image *i = calloc(1, sizeof *i);
	if (!i)
		die(EXIT_TEMPORARY, "out of memory");
	take(i->id, sizeof i->id, id);
	i->call = (struct call){.zoho = z,
		.lane = LANE_DETAIL,
		.entity = ENTITY_PRODUCT,
		.of = entity_of(ENTITY_PRODUCT),
		.image = true,
		.correlation = i->id,
		.since_ns = loop_clock(),
		.over = on_over};
	TAILQ_INSERT_TAIL(&z->images.by_lane[LANE_DETAIL], i, in_lane);
	z->images.n++;
	return i;
}

void zoho_image(struct actor *a, struct edge *e, const union message *message)
{
	struct zoho *z = a->state;
	const struct msg_image *m = &message->image;
	struct image *i = find(z, m->id);
	bool misfit = z->product.known && !z->product.now;
	const char *why = !image_id_is_plain(m->id)	    ? "not an id of Zoho's"
			  : z->images.dir < 0		    ? "data_dir/images/products can't be opened"
			  : misfit			    ? "product doesn't fit its table"
			  : !i && z->images.n >= IMAGES_MAX ? "queue full"
							    : NULL;
	(void)e;
	if (misfit)
		mapped_entity_ask(&z->product, z->db, &z->actor->config);
	if (why) {
		report(z, &(struct msg_image_done){.id = m->id,
				  .run = m->run,
				  .fence = m->fence,
				  .page = m->page,
				  .outcome = IMAGE_AWAY,
				  .error = str_of(why)});
		return;
	}
	if (!i)
		i = make(z, m->id);
	take_request(i, m);
	if (i->call.state == CALL_WAITING && !*i->document) {
		i->call.state = CALL_HELD;
		zoho_image_record(i, IMAGE_GONE, NULL);
	}
}

struct call *zoho_image_next(struct zoho *z, enum lane lane)
{
	struct image *i;
	if (!z->images.looked_after)
		return NULL;
	TAILQ_FOREACH(i, &z->images.by_lane[lane], in_lane)
	if (i->call.state == CALL_WAITING && zoho_may_go(z, &i->call))
		return &i->call;
	return NULL;
}

void zoho_image_go(struct call *call)
{
	char path[CALL_PATH_BYTES];
	struct image *i = (struct image *)call;
	snprintf(path, sizeof path, "%s/%s/image", call->of->path, i->id);
	i->calls++;
	zoho_call_start(call, path);
}

void zoho_images_refuse(struct zoho *z, enum lane from, enum lane to, const char *why)
{
	struct image *i, *next;
	for (int lane = (int)from; lane <= (int)to; lane++)
		for (i = TAILQ_FIRST(&z->images.by_lane[lane]); i; i = next) {
			next = TAILQ_NEXT(i, in_lane);
			if (i->call.state == CALL_WAITING)
				zoho_image_done(i, IMAGE_AWAY, 0, why);
		}
}

/* What is under way goes on, for nobody. */
void zoho_images_stop(struct zoho *z, struct str run, uint64_t fence)
{
	struct image *i, *next;
	for (int lane = 0; lane < LANES; lane++)
		for (i = TAILQ_FIRST(&z->images.by_lane[lane]); i; i = next) {
			next = TAILQ_NEXT(i, in_lane);
			if (!str_eq(run, i->run) || i->fence > fence)
				continue;
			*i->run = 0;
			if (i->call.state == CALL_WAITING)
				free_image(i);
		}
}

bool zoho_images_idle(const struct zoho *z)
{
	const struct image *i;
	for (int lane = 0; lane < LANES; lane++)
		TAILQ_FOREACH(i, &z->images.by_lane[lane], in_lane)
	if (i->call.state != CALL_WAITING)
		return false;
	return true;
}

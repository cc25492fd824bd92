/* What becomes of a complete request: route, access, and then own answer, webhook, or the owner's answer. */
#pragma once
#include "actors/http_ingest/connection.h"
#include "actors/http_ingest/request.h"

void dispatch(struct request *);
/* Gives the request its correlation id: the caller's, or a new one. */
void dispatch_correlate(struct request *);
/* Takes it off its owner's list of waiting requests, if it is on it. */
void dispatch_forget(struct request *);
/* The client of this request, or of all of a connection's, is gone. What a commit still needs lives until it is done.
 */
void dispatch_abandon(struct request *);
void dispatch_abandon_all(struct connection *);

/* Routes (route.c): whether a path fits "/a/{name}/b-{x}"; `param` is the first placeholder's value. */
bool route_fits(const char *pattern, struct str path, struct str *param);
enum route_id route_find(struct str method, struct str path, struct str *param);
/* "GET, HEAD, OPTIONS" of the routes with this path; false where there are none. */
bool route_allow(struct str path, char *to, size_t size);

/* Access (access.c). */
void access_start(struct ingest *);
/* Answers what may not pass and returns false. `who`: for the owner's audit. */
bool access_ops(struct request *, const char **who);
bool access_origin(struct request *);
void access_preflight(struct request *);

/* Owners (forward.c). */
void forwards_start(struct ingest *);
void forward(struct request *, const char *who);
void forward_forget(struct request *);
void on_http_reply(struct actor *, struct edge *, const union message *);
void forwards_owner_lost(struct ingest *, int peer_slot);
void forwards_look(struct ingest *); /* are the owners of waiting requests still there? */

/* Own routes (own.c, openapi.c). */
void own_livez(struct request *);
void own_readyz(struct request *);
void own_openapi(struct request *);

/* Images (image.c). */
void images_start(struct ingest *);
void own_image(struct request *);
/* The next piece of the request's file into `out`; false: it can't be read, or is shorter than it was. */
bool image_more(struct request *);

/* Whether the handler's entity fits the tables that it is written to: asked at every connect, and again whenever there is
 * reason to think that it changed. As long as it doesn't, nothing of it is applied, one alert says why, and whatever comes is
 * given back: it waits. */
#pragma once
#include "actors/actor.h"
#include "actors/handler/mapping.h"

struct fitting {
	struct actor *actor;
	struct db *db;
	enum entity_id id;
	const struct mapping *mapping;
	bool by_default; /* nothing is mapped that concerns it: it works at once, and its tables are looked at when it is idle */
	bool (*idle)(void *ctx);
	void (*done)(void *ctx, const struct entity *changed); /* changed: to be used from now on; NULL: no change */
	void *ctx;
	struct loop_op look;

	bool asking;
	bool known; /* `fits` is what the tables say now */
	bool fits;
	uint64_t seen;		     /* the catalogue, when `entity` was made of it; 0: never */
	const struct entity *entity; /* what fits, or did */
	const char *probe;
	char why[1024]; /* what is wrong, "" nothing */
	char note[1100];
};

/* `idle`: whether nothing is being applied just now. `done` is called when it is known, never inside these. */
void fitting_init(struct fitting *, struct actor *, struct db *, enum entity_id, bool (*idle)(void *ctx),
	void (*done)(void *ctx, const struct entity *changed), void *ctx);
/* The connection is up; what can be used at once, NULL: nothing before `done`. */
const struct entity *fitting_connected(struct fitting *);
void fitting_lost(struct fitting *);
void fitting_ask(struct fitting *);

/* Who is suspected: deaths per record in hand. Arithmetic only; it survives restarts of actors and an upgrade. */
#pragma once
#include "actors/boot.h"
#include "supervisor/restart.h"

enum { SUSPECTS_MAX = 128, POINTS_CRASH = 3, POINTS_OUTSIDE = 2, POINTS_POISON = 6 };

struct suspect {
	enum actor_kind kind; /* whose deaths these are; ACTOR_SUPERVISOR = a free place */
	char entity[SLOT_ENTITY_BYTES], id[SLOT_ID_BYTES];
	uint32_t points, deaths;
	int64_t last_ns, handed_ns; /* CLOCK_MONOTONIC; handed: told to its actor, 0 = not yet */
	char obituary[SLOT_WORDS_BYTES];
};
struct poison {
	struct suspect at[SUSPECTS_MAX];
};

/* Counts a death; returns the record's entry, NULL where the cause blames nobody. */
struct suspect *poison_death(struct poison *, enum actor_kind, const char *entity, const char *id, enum death_cause,
	int64_t now_ns, const char *obituary);
bool poison_is(const struct suspect *);
/* The records that an actor about to start must not try again: those of its kind, and of `entity` unless NULL. */
uint32_t poison_skips(
	struct poison *, enum actor_kind, const char *entity, int64_t now_ns, struct boot_skip to[], uint32_t max);
/* An actor of this kind has lived since `since_ns`: records it was told before are dealt with. */
void poison_served(struct poison *, enum actor_kind, const char *entity, int64_t since_ns);

/* What people must be told of Zoho: alerts and the note in the slot, kept in step with what is the case. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct zoho;

enum { SAYS = 2, SAYS_NOTE_BYTES = 256 };
enum said { SAID_UNKNOWN, SAID_NOTHING, SAID_IT };

struct say {
	enum said said, saying;
	bool busy; /* the database is being told */
};
struct says {
	struct say at[SAYS];
	int64_t again_ns; /* the database couldn't be told: not before */
	char note[SAYS_NOTE_BYTES];
};

void zoho_say(struct zoho *);

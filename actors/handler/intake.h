/* What a handler has received and not yet settled: one message per edge, held in its ring, and the job that one of them becomes. */
#pragma once
#include "actors/handler/apply.h"

enum { INTAKE_EDGES_MAX = 2 }; /* dispatcher and zoho-io */

struct waiting { /* a held message */
	struct edge *edge;
	enum message_type type;
	union message message;
	uint64_t seqs[MESSAGE_LIST_MAX];
};

struct intake {
	struct waiting at[INTAKE_EDGES_MAX];
	struct slices docs; /* of the job in hand */
	char ids[2048];
};

/* Holds a message until waiting_settled. */
void intake_keep(struct intake *, struct edge *, enum message_type, const union message *);
/* What is to be done next; NULL: nothing waits. */
struct waiting *intake_next(struct intake *);
/* Its edge delivers again. */
void waiting_settled(struct waiting *);
/* Makes the job of a message, but for who is told when it is done; records named as poison are left out. false: what came can't be
 * cut into records. */
bool intake_job(struct intake *, struct actor *, const struct entity *, const struct waiting *, struct job *);

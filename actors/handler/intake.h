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

struct cut {		/* a message's records; of a page that was cut ahead, as a parameter, too */
	const char *of; /* where that page's text lies; else NULL */
	struct slices docs;
	size_t n; /* of them, those to be applied; behind them stands what was named as poison */
	struct buf text;
};

struct intake {
	struct waiting at[INTAKE_EDGES_MAX];
	struct cut cut[2], *now, *ahead; /* of the message in hand, of the page behind it: they take turns */
	char ids[2048];
};

void intake_init(struct intake *);
/* Holds a message until waiting_settled. */
void intake_keep(struct intake *, struct edge *, enum message_type, const union message *);
/* What is to be done next; NULL: nothing waits. */
struct waiting *intake_next(struct intake *);
/* What this record was named as poison for; NULL: it wasn't. */
const struct boot_skip *poison_of(const struct applier *, struct str doc);
/* Its edge delivers again. */
void waiting_settled(struct waiting *);
/* Makes the job of a message, but for who is told when it is done; records named as poison are left out. false: what came can't be
 * cut into records. */
bool intake_job(struct intake *, const struct applier *, const struct waiting *, struct job *);
/* While PostgreSQL works on a page: cuts the one that waits behind it. false: there is none. */
bool intake_ahead(struct intake *, const struct applier *, const struct waiting *, struct msg_page *);
/* What was cut ahead, for `empty`. */
struct cut *intake_take(struct intake *, struct cut *empty);
/* Makes the job of a page that was cut, but for who is told. */
void intake_page(const struct applier *, const struct msg_page *, struct cut *, struct job *);
/* Records are to be written otherwise: what was cut ahead is cut again. */
void intake_forget(struct intake *);

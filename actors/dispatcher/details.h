/* Details in the background: what the dispatcher's other parts and details.c's own two files share. */
#pragma once
#include "actors/dispatcher/dispatcher.h"

struct buf;

void details_look(struct dispatcher *); /* details.c: asks for more when half of what may be out is answered */

enum detail_answer {
	DETAIL_SETTLED,
	DETAIL_PUT_OFF, /* it couldn't be had or written: again in a while */
	DETAIL_IN_VAIN, /* it said nothing new: again in a while, each time twice as long */
};

/* details_out.c: those on their way, with their handlers, and held back. `ids` are as they were asked for, one or "a,b,c". Times are
 * the loop's (ns). */
void details_out_init(struct dispatcher *);
void details_out_add(struct dispatcher *, enum entity_id, struct str ids, int64_t now);
/* Returns when it was asked for, 0: it wasn't. */
int64_t details_out_answered(struct dispatcher *, uint64_t entity, struct str ids, enum detail_answer, int64_t now);
void details_out_fetched(
	struct dispatcher *, uint64_t entity, struct str ids, int64_t now);	      /* its handler has it now */
bool details_out_away(const struct dispatcher *, enum entity_id, struct str ids);     /* with zoho-io or the handler */
int64_t details_out_asked(const struct dispatcher *, enum entity_id, struct str ids); /* last, INT64_MIN: not lately */
unsigned details_out_vain(const struct dispatcher *, enum entity_id, struct str ids); /* how often lately */
unsigned details_out_applying(const struct dispatcher *, enum entity_id); /* how many it has and hasn't answered */
/* So often was it in vain that it isn't worth another call. */
bool details_out_in_vain(struct dispatcher *, enum entity_id, struct str ids);
void details_out_expire(struct dispatcher *, int64_t now);
void details_out_lost(struct dispatcher *);			/* zoho-io was restarted */
void details_out_list(const struct dispatcher *, struct buf *); /* all ids, "a,b,c" */

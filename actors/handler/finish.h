/* How a job ends, by the way its records came: queue rows closed, ledger row written, fetched record settled. */
#pragma once
#include "actors/handler/apply.h"

void finish_add(struct job *, struct db_call *);	 /* the closing statements, COMMIT or ROLLBACK */
void finish_read(struct job *, const struct db_reply *); /* what they answered */
/* Sends `link` right behind them, where rows are new or wait for others'. Nothing depends on it; where others stand in its way it is
 * tried again (owed.c), where its handler dies before, the healer's next run sets what is missing. */
void finish_link(struct job *);
/* finish_tell.c: adds what people are told of the job: differences, the audit trail, what was ignored. */
void finish_tell(struct job *, struct db_call *);

/* A job whose statement failed. Private to apply.c and refusal.c. */
#pragma once
#include "actors/handler/apply.h"

/* Does what the failure asks for: gives the job up (for later: `retry`; for good: `repeated`), starts it over carefully, halves the
 * range in hand, or makes the one record in hand a dead letter. Goes on by itself. */
void job_refused(struct job *, const struct db_reply *);
/* Every record was taken, but closing statements or COMMIT failed: carefully once more, or given up. */
void job_unfinished(struct job *, const struct db_reply *);
/* Somebody else wrote a record of it meanwhile: from the beginning. */
void job_raced(struct job *);
/* The next records of the job, or its end. In apply.c. */
void job_next_range(struct job *);
/* What came can't be cut into records: nobody is told that it was empty; the run fails, the fetch is given back. */
void job_unreadable(struct job *);

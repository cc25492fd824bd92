/* The records of a job as statement parameters; they stay valid until the next one is made (db_add copies). */
#pragma once
#include "actors/handler/apply.h"

/* The number in decimals, in `to`. */
const char *param_number(char to[24], uint64_t n);
struct db_param param_range(struct job *); /* the records j->at */
/* The same of the first `n` records of a list's page, before it is a job's (job.page_text). */
void params_page(const struct applier *, const struct slices *, size_t n, struct buf *);
struct db_param param_winners(struct job *); /* the winners among them */
struct db_param param_seqs(struct job *);    /* bigint[] of every queue row */
struct db_param param_ids(struct job *);     /* text[] of every id on the page */

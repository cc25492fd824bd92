/* What became of a job: counted in the slot, and told to the dispatcher. */
#pragma once
#include "actors/handler/apply.h"

void count_job(struct actor *, const struct job *);
/* false: the dispatcher's ring is full; it will look for itself. */
bool report_work(struct actor *, const struct job *, const struct msg_work *);
bool report_page(struct actor *, const struct job *, const struct msg_page *);
bool report_record(struct actor *, const struct job *, const struct msg_record *);

/* Links of related records that others stood in the way of: done again, between two jobs. */
#pragma once
#include "actors/handler/apply.h"

struct owed {
	TAILQ_ENTRY(owed) in_list;
	struct applier *applier;
	const struct db_statement *link;
	unsigned tries;
	int n;
	char *params[4]; /* own copies; NULL: SQL NULL */
};

/* Runs `link` (its texts are copied) outside of any transaction. What a deadlock or a lock's timeout undoes is kept. */
void owed_run(struct applier *, const struct db_statement *link, int params, const struct db_param *);
/* Runs what is kept; called while no job is under way. */
void owed_again(struct applier *);

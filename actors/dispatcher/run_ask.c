/* A run's questions to PostgreSQL, one at a time. The answer finds the run anew, by id and fence: meanwhile it may have been cancelled,
 * or taken up again by a dispatcher's second life. */
#include <stdlib.h>
#include <string.h>
#include "actors/dispatcher/runs.h"

struct asked {
	struct dispatcher *d;
	char run[UUID_TEXT_BYTES];
	uint64_t fence;
};

void *run_ask(struct dispatcher *d, struct run *r)
{
	struct asked *asked = calloc(1, sizeof *asked);
	if (!asked)
		die(EXIT_TEMPORARY, "out of memory");
	*asked = (struct asked){.d = d, .fence = r->fence};
	memcpy(asked->run, r->id, sizeof asked->run);
	r->asked = true;
	return asked;
}

struct run *run_answered(void *ctx, struct dispatcher **d)
{
	struct asked *asked = ctx;
	struct run *r = run_find(asked->d, str_of(asked->run), asked->fence);
	*d = asked->d;
	free(asked);
	if (r)
		r->asked = false;
	return r && !r->closing ? r : NULL;
}

/* What the files of the budget share with each other alone. */
#pragma once
#include "actors/zoho_io/budget.h"

enum { DAY_MS = 86400000 };

static inline int64_t at_least(int64_t n, int64_t least)
{
	return n > least ? n : least;
}

static inline int64_t at_most(int64_t n, int64_t most)
{
	return n < most ? n : most;
}

/* How long the day makes a call of this lane wait: 0 = go. */
int64_t zoho_budget_day_wait(struct budget *, enum lane, int64_t now_ms);

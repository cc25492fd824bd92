/* with_stock_only: of a list's rows those that say that there is some stock, and those of which the table still says so: what
 * was sold must not stay there for ever. */
#pragma once
#include "actors/handler/apply.h"

/* job_run of a page, of which only those rows are applied; the others stay behind them, and count as skipped. */
void stocked_run(struct applier *, struct job *);

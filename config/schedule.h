/* Entries of sync.schedule as texts: "sync-all every 30m incremental", "stock at 02:00". */
#pragma once
#include "config/value.h"

bool config_schedule_parse(struct config *, const char *text, struct config_schedule *, char why[VALUE_WHY_BYTES]);
const char *config_schedule_text(const struct config_schedule *, char room[VALUE_TEXT_BYTES]);

/* The parts; each says in `why` what is wrong. */
bool config_schedule_name_good(const char *, char why[VALUE_WHY_BYTES]);
bool config_schedule_every(const char *, int64_t *ns, char why[VALUE_WHY_BYTES]);
bool config_schedule_at(const char *, int *minute, char why[VALUE_WHY_BYTES]);

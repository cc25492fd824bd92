/* The dead letter of a record: of one that PostgreSQL refuses, with the field's name where it can be told, and of one that kills
 * who takes it in hand. */
#pragma once
#include "actors/handler/apply.h"

void bury_payload(struct job *, size_t record, struct db_call *); /* asks for a queue row's payload */
/* One record given up, as j->sqlstate, error say. */
void bury_record(struct job *, size_t i, struct str record, struct db_call *);
/* Those that a page set aside, with the obituary of who died of them. */
void bury_poison(struct job *, struct db_call *);

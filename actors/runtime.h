/* What the parts of the runtime share with each other; actors include actor.h only. */
#pragma once
#include "actors/actor.h"

void last_words_install(struct slot *); /* fatal signals write who and where into the slot, then dump core */
void confine(void);			/* forbids what confine.def lists; a failure is a warning */
void outbox_flush(struct actor *);	/* replies that found a full ring */

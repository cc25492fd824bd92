/* What a consumer handled, in shared memory that outlives it, and the audit that finds what is missing, torn, out of
 * order or repeated. An entry counts once `written` says so: a writer killed in the middle has noted nothing. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

enum { JOURNAL_ENTRIES = 1 << 16 };

struct journal_entry {
	uint64_t number, life; /* which message, and in which of its lives the consumer handled it */
	bool sound;
};

struct journal { /* circular; the supervisor reads behind the writer */
	_Atomic uint64_t written, read;
	struct journal_entry entries[JOURNAL_ENTRIES];
};

struct tally {
	uint64_t last, life, lost, torn, reordered, repeated, kills;
};

static inline void journal_note(struct journal *j, struct journal_entry entry)
{
	uint64_t n = atomic_load(&j->written);
	while (n - atomic_load(&j->read) == JOURNAL_ENTRIES)
		usleep(50);
	j->entries[n % JOURNAL_ENTRIES] = entry;
	atomic_store(&j->written, n + 1);
}

static inline void journal_audit_one(struct tally *t, const struct journal_entry *e)
{
	t->torn += !e->sound;
	if (e->number == t->last && e->life != t->life)
		t->repeated++; /* in hand at the death, the first of the new life */
	else if (e->number <= t->last)
		t->reordered++;
	else
		t->lost += e->number - t->last - 1;
	t->last = e->number > t->last ? e->number : t->last;
	t->life = e->life;
}

static inline void journal_audit(struct tally *t, struct journal *j)
{
	uint64_t n = atomic_load(&j->read), end = atomic_load(&j->written);
	for (; n < end; n++)
		journal_audit_one(t, &j->entries[n % JOURNAL_ENTRIES]);
	atomic_store(&j->read, end);
}

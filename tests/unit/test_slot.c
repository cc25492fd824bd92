/* The actors' pages: each its own, all seen by the supervisor, and the record in hand named whole or not at all. */
#include "ipc/slot.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ACTORS = 5 };

Test(slot, is_seen_by_all_and_written_by_one)
{
	int fd = slots_create(ACTORS);
	cr_assert_geq(fd, 0);
	struct slot *all = slots_map_all(fd, ACTORS);
	const struct slot *seen = slots_map_read(fd, ACTORS);
	cr_assert(all && seen);
	for (int i = 0; i < ACTORS; i++) {
		struct slot *own = slot_map_own(fd, i);
		cr_assert_not_null(own);
		slot_beat(own, 1000 + i);
		slot_hand_one(own, 7, 8, 9, "product", "4815162342");
		munmap(own, SLOT_BYTES);
	}
	for (int i = 0; i < ACTORS; i++) {
		const struct slot *slot = slot_of(seen, i);
		cr_assert_eq(atomic_load(&slot->heartbeat_ns), 1000 + i);
		cr_assert_eq(atomic_load(&slot_of(all, i)->hand.count), 1);
		cr_assert_eq(slot->hand.edge, 7);
		cr_assert_eq(slot->hand.sequence, 8);
		cr_assert_eq(slot->hand.index, 9);
		cr_assert_str_eq(slot->hand.entity, "product");
		cr_assert_str_eq(slot->hand.id, "4815162342");
	}
}

Test(slot, cannot_be_mapped_beyond_the_last)
{
	int fd = slots_create(ACTORS);
	cr_assert_null(slot_map_own(fd, ACTORS));
	cr_assert_null(slot_map_own(fd, -1));
	cr_assert_null(slots_map_all(fd, ACTORS + 1));
	cr_assert_eq(ftruncate(fd, 0), -1);
	cr_assert_eq(slots_create(0), -1);
	cr_assert_eq(slots_create(SLOT_ACTORS_MAX + 1), -1);
}

Test(slot, names_a_batch_without_a_suspect_and_nothing_at_rest)
{
	struct slot *own = slot_map_own(slots_create(1), 0);
	slot_hand_batch(own, 1, 2, 200, "contact");
	cr_assert_eq(atomic_load(&own->hand.count), 200);
	cr_assert_str_eq(own->hand.id, "");
	slot_hand_none(own);
	cr_assert_eq(atomic_load(&own->hand.count), 0);
}

Test(slot, cuts_names_that_are_too_long)
{
	char name[200];
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	struct slot *own = slot_map_own(slots_create(1), 0);
	slot_hand_one(own, 1, 2, 3, name, name);
	cr_assert_eq(strlen(own->hand.entity), SLOT_ENTITY_BYTES - 1);
	cr_assert_eq(strlen(own->hand.id), SLOT_ID_BYTES - 1);
	slot_hand_one(own, 1, 2, 3, NULL, NULL);
	cr_assert_str_eq(own->hand.entity, "");
}

/* Kills a process that changes its record in hand as fast as it can: what stands there must be one of the two. */
Test(slot, names_no_half_suspect_after_a_kill)
{
	struct slot *own = slot_map_own(slots_create(1), 0);
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();
		if (pid == 0)
			for (;;) {
				slot_hand_one(own, 1, 11, 1, "product", "aaaaaaaaaaaaaaaaaaaa");
				slot_hand_one(own, 2, 22, 2, "salesperson", "bb");
			}
		usleep((useconds_t)(i * 10));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		const struct slot_hand *hand = &own->hand;
		if (atomic_load(&hand->count) == 0)
			continue;
		bool first = hand->sequence == 11;
		cr_assert_eq(hand->edge, first ? 1 : 2);
		cr_assert_eq(hand->index, first ? 1 : 2);
		cr_assert_str_eq(hand->entity, first ? "product" : "salesperson");
		cr_assert_str_eq(hand->id, first ? "aaaaaaaaaaaaaaaaaaaa" : "bb");
	}
}

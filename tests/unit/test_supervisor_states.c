/* The state table has an answer where one is needed: nobody gets stuck, nobody is forgotten. */
#include <criterion/criterion.h>
#include "supervisor/supervisor.h"

static bool has_process(enum child_state state)
{
	return state == CHILD_STARTING || state == CHILD_READY || state == CHILD_DRAINING || state == CHILD_ABORTING ||
	       state == CHILD_KILLED;
}

Test(states, every_state_has_a_name)
{
	for (int state = 0; state < CHILD_STATES; state++)
		cr_assert_not_null(state_names[state]);
	for (int phase = 0; phase < PHASES; phase++)
		cr_assert_not_null(phase_names[phase]);
	for (int cause = 0; cause < DEATH_CAUSES; cause++)
		cr_assert_not_null(death_names[cause]);
}

Test(states, a_death_is_handled_exactly_where_there_is_a_process)
{
	for (int state = 0; state < CHILD_STATES; state++)
		cr_assert_eq(state_handles((enum child_state)state, EVENT_DIED), has_process((enum child_state)state),
			"%s", state_names[state]);
}

Test(states, everything_but_stopped_can_be_drained)
{
	for (int state = 0; state < CHILD_STATES; state++)
		cr_assert_eq(state_handles((enum child_state)state, EVENT_DRAIN), state != CHILD_STOPPED, "%s",
			state_names[state]);
}

Test(states, whoever_waits_can_be_started_and_ends_waiting_by_itself)
{
	cr_assert(state_handles(CHILD_BACKOFF, EVENT_START) && state_handles(CHILD_BACKOFF, EVENT_TIMER));
	cr_assert(state_handles(CHILD_COOLDOWN, EVENT_START) && state_handles(CHILD_COOLDOWN, EVENT_TIMER));
	cr_assert(state_handles(CHILD_PARKED, EVENT_START));
	cr_assert_not(state_handles(CHILD_PARKED, EVENT_TIMER), "parked means: not before a reload");
	cr_assert(state_handles(CHILD_STOPPED, EVENT_START));
}

Test(states, nobody_is_started_twice)
{
	cr_assert_not(state_handles(CHILD_STARTING, EVENT_START));
	cr_assert_not(state_handles(CHILD_READY, EVENT_START));
	cr_assert_not(state_handles(CHILD_ABORTING, EVENT_START));
}

Test(states, every_step_towards_an_end_has_a_timer)
{
	cr_assert(state_handles(CHILD_DRAINING, EVENT_TIMER));
	cr_assert(state_handles(CHILD_ABORTING, EVENT_TIMER));
	cr_assert(state_handles(CHILD_KILLED, EVENT_TIMER));
}

Test(states, only_the_living_hang)
{
	for (int state = 0; state < CHILD_STATES; state++)
		cr_assert_eq(state_handles((enum child_state)state, EVENT_HUNG),
			state == CHILD_STARTING || state == CHILD_READY, "%s", state_names[state]);
}

static void make(struct supervisor *v, int workers, int processes)
{
	v->config.queue_workers = workers;
	v->config.ingest_processes = processes;
	children_make(v);
}

Test(children, every_entity_has_its_handlers_and_every_handler_its_worker)
{
	static struct supervisor v;
	make(&v, 2, 3);
	uint32_t worker = 0;
	for (int i = 1; i < v.children_n; i++)
		if (v.children[i].kind == ACTOR_HANDLER)
			cr_assert_eq(v.children[i].worker, ++worker);
	cr_assert_eq(worker, 2 * (ENTITIES - 1));
	cr_assert_not_null(child_named(&v, "handler:product#1"));
	cr_assert_not_null(child_named(&v, "http-ingest#2"));
	cr_assert_null(child_named(&v, "http-ingest#3"));
}

Test(children, ingest_starts_last)
{
	static struct supervisor v;
	make(&v, 1, 1);
	cr_assert_eq(v.children[v.children_n - 1].kind, ACTOR_HTTP_INGEST);
	cr_assert_eq(v.children[POSTGRES].kind, ACTOR_SUPERVISOR);
}

Test(children, an_actor_answers_to_its_names)
{
	static struct supervisor v;
	make(&v, 1, 1);
	const struct child *c = child_named(&v, "handler:product#0");
	cr_assert(child_called(c, "handler:product#0") && child_called(c, "handler:product") &&
		  child_called(c, "handler"));
	cr_assert(child_called(c, "worker-1"));
	cr_assert_not(child_called(c, "") || child_called(c, "hand") || child_called(c, "worker-2") ||
		      child_called(c, "handler:prod"));
}

Test(children, the_layout_changes_with_the_actors)
{
	static struct supervisor a, b, c;
	make(&a, 1, 1);
	make(&b, 1, 1);
	make(&c, 2, 1);
	cr_assert_eq(layout_hash(&a), layout_hash(&b));
	cr_assert_neq(layout_hash(&a), layout_hash(&c));
}

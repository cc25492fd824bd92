/* Owns the order of the timers: a binary heap in user space, so that starting and cancelling one costs no system call,
 * and the intrusive list that operations stand in otherwise. */
#include "ipc/loop_private.h"

#include <stdlib.h>

enum { heap_room_first = 64 };

static bool is_before(const struct loop_op *a, const struct loop_op *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->events < b->events;
}

static void place(struct loop_heap *heap, size_t at, struct loop_op *op)
{
	heap->ops[at] = op;
	op->heap_at = at;
}

static void rise(struct loop_heap *heap, size_t at, struct loop_op *op)
{
	for (; at > 1 && is_before(op, heap->ops[at / 2]); at /= 2)
		place(heap, at, heap->ops[at / 2]);
	place(heap, at, op);
}

static void sink(struct loop_heap *heap, size_t at, struct loop_op *op)
{
	for (size_t child; (child = 2 * at) <= heap->count; at = child) {
		if (child < heap->count && is_before(heap->ops[child + 1], heap->ops[child]))
			child++;
		if (is_before(op, heap->ops[child]))
			break;
		place(heap, at, heap->ops[child]);
	}
	place(heap, at, op);
}

static bool grow(struct loop_heap *heap)
{
	size_t room = heap->room ? 2 * heap->room : heap_room_first;
	struct loop_op **ops = realloc(heap->ops, (room + 1) * sizeof(struct loop_op *));
	if (!ops)
		return false;
	heap->ops = ops;
	heap->room = room;
	return true;
}

bool loop_heap_add(struct loop_heap *heap, struct loop_op *op, int64_t due_ns)
{
	if (heap->count == heap->room && !grow(heap))
		return false;
	op->due_ns = due_ns;
	op->events = ++heap->started;
	rise(heap, ++heap->count, op);
	return true;
}

void loop_heap_remove(struct loop_heap *heap, struct loop_op *op)
{
	struct loop_op *last = heap->ops[heap->count--];
	if (last == op)
		return;
	size_t at = op->heap_at;
	if (at > 1 && is_before(last, heap->ops[at / 2]))
		rise(heap, at, last);
	else
		sink(heap, at, last);
}

void loop_push(struct loop_list *list, struct loop_op *op)
{
	op->next = NULL;
	op->prev = list->last;
	if (list->last)
		list->last->next = op;
	else
		list->first = op;
	list->last = op;
}

void loop_unlink(struct loop_list *list, struct loop_op *op)
{
	if (op->prev)
		op->prev->next = op->next;
	else
		list->first = op->next;
	if (op->next)
		op->next->prev = op->prev;
	else
		list->last = op->prev;
	op->prev = op->next = NULL;
}

struct loop_op *loop_pop(struct loop_list *list)
{
	struct loop_op *op = list->first;
	if (op)
		loop_unlink(list, op);
	return op;
}

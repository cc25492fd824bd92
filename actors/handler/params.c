/* Puts records together as PostgreSQL wants them: seqs as bigint[], documents as one jsonb array in their own text. Of a
 * list's rows, which nothing keeps whole, only what is mapped: to parse the rest costs more than all else that is done with
 * a row that hasn't changed. */
#include "actors/handler/params.h"
#include <inttypes.h>

const char *param_number(char to[24], uint64_t n)
{
	snprintf(to, 24, "%" PRIu64, n);
	return to;
}

static void add_record(struct job *j, struct buf *b, size_t i, bool first)
{
	if (!first)
		buf_str(b, ",");
	if (j->kind == JOB_QUEUE)
		buf_fmt(b, "%" PRIu64, j->seqs[i]);
	else if (j->kind == JOB_PAGE && !j->details)
		slice_reduced(j->docs->at[i], &j->applier->mapped, b);
	else
		buf_add(b, j->docs->at[i].data, j->docs->at[i].len);
}

static struct buf *open_list(struct job *j)
{
	struct buf *b = &j->applier->docs;
	buf_reset(b);
	buf_str(b, j->kind == JOB_QUEUE ? "{" : "[");
	return b;
}

static struct db_param close_list(struct job *j, struct buf *b)
{
	buf_str(b, j->kind == JOB_QUEUE ? "}" : "]");
	return DB_TEXT(b->data);
}

void params_page(const struct applier *p, const struct slices *docs, size_t n, struct buf *b)
{
	buf_reset(b);
	for (size_t i = 0; i < n; i++) {
		buf_str(b, i ? "," : "[");
		slice_reduced(docs->at[i], &p->mapped, b);
	}
	buf_str(b, n ? "]" : "[]");
}

struct db_param param_range(struct job *j)
{
	if (j->page_text && j->at.hi - j->at.lo == j->n)
		return DB_TEXT(j->page_text);
	struct buf *b = open_list(j);
	for (size_t i = j->at.lo; i < j->at.hi; i++)
		add_record(j, b, i, i == j->at.lo);
	return close_list(j, b);
}

struct db_param param_winners(struct job *j)
{
	struct buf *b = open_list(j);
	for (size_t w = 0; w < j->winners_n; w++)
		add_record(j, b, j->winners[w], w == 0);
	return close_list(j, b);
}

struct db_param param_seqs(struct job *j)
{
	struct buf *b = open_list(j);
	for (size_t i = 0; i < j->n; i++)
		add_record(j, b, i, i == 0);
	return close_list(j, b);
}

struct db_param param_ids(struct job *j)
{
	struct buf *b = &j->applier->ids;
	buf_reset(b);
	buf_str(b, "{");
	for (size_t i = 0; i < j->docs->n; i++) {
		struct str id = slice_member_any(j->docs->at[i], j->applier->entity->id_path);
		if (i)
			buf_str(b, ",");
		buf_array_item(b, id.data ? id.data : "", id.len);
	}
	buf_str(b, "}");
	return DB_TEXT(b->data);
}

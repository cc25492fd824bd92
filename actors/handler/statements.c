/* An entity's statements, generated from its table of fields once. Only names from the tables of this program go into
 * the text; every value is a parameter. */
#include "actors/handler/statements.h"
#include "actors/handler/statement_parts.h"
#include "ipc/buf.h"

static const char *statement_name(const struct entity *e, const char *what, enum source from, enum look look)
{
	static const char *const looks[] = {
		[LOOK_PLAIN] = "", [LOOK_TRACED] = "_traced", [LOOK_VERIFYING] = "_verifying"};
	struct buf b = {0};
	buf_fmt(&b, "%s_%s_%s%s", entity_names[e->id].name, what, from == SOURCE_QUEUE ? "queue" : "docs", looks[look]);
	return b.data;
}

const struct entity_statements *entity_statements(const struct entity *e, enum look look)
{
	static struct entity_statements made[ENTITIES][LOOKS];
	struct entity_statements *s = &made[e->id][look];
	for (int n = 0; n < SOURCES && !s->write[n].sql; n++) {
		enum source from = (enum source)n;
		s->apply[n] =
			(struct db_statement){statement_name(e, "apply", from, look), statement_apply(e, from, look)};
		s->decide[n] =
			(struct db_statement){statement_name(e, "decide", from, look), statement_decide(e, from, look)};
		s->write[n] =
			(struct db_statement){statement_name(e, "write", from, look), statement_write(e, from, look)};
		s->link[n] =
			(struct db_statement){statement_name(e, "link", from, LOOK_PLAIN), statement_link(e, from)};
	}
	if (!s->lost.sql) {
		struct buf name = {0};
		buf_fmt(&name, "%s_lost", entity_names[e->id].name);
		s->lost = (struct db_statement){name.data, statement_lost(e)};
	}
	return s;
}

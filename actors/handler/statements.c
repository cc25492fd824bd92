/* An entity's statements, generated from its table of fields once. Only names from the tables of this program go into
 * the text; every value is a parameter. */
#include "actors/handler/statements.h"
#include "actors/handler/statement_parts.h"
#include "ipc/buf.h"

static const char *statement_name(const struct entity *e, const char *what, enum source from)
{
	struct buf b = {0};
	buf_fmt(&b, "%s_%s_%s", entity_names[e->id].name, what, from == SOURCE_QUEUE ? "queue" : "docs");
	return b.data;
}

const struct entity_statements *entity_statements(const struct entity *e)
{
	static struct entity_statements made[ENTITIES];
	struct entity_statements *s = &made[e->id];
	for (int from = 0; from < SOURCES && !s->write[from].sql; from++) {
		s->apply[from] = (struct db_statement){
			statement_name(e, "apply", (enum source)from), statement_apply(e, (enum source)from)};
		s->decide[from] = (struct db_statement){
			statement_name(e, "decide", (enum source)from), statement_decide(e, (enum source)from)};
		s->write[from] = (struct db_statement){
			statement_name(e, "write", (enum source)from), statement_write(e, (enum source)from)};
		s->link[from] = (struct db_statement){
			statement_name(e, "link", (enum source)from), statement_link(e, (enum source)from)};
	}
	return s;
}

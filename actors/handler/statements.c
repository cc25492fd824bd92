/* An entity's statements, generated from its table of fields. Only names from the tables of this program and, quoted, of the
 * ERP's go into the text; every value is a parameter. */
#include "actors/handler/statements.h"
#include "actors/handler/statement_parts.h"
#include "actors/handler/made.h"
#include "ipc/buf.h"

/* Those that are made anew have a name of their own: under the old one, the connection knows others. */
static const char *statement_name(
	const struct entity *e, const char *what, const char *from, enum look look, unsigned generation)
{
	static const char *const looks[] = {
		[LOOK_PLAIN] = "", [LOOK_TRACED] = "_traced", [LOOK_VERIFYING] = "_verifying"};
	struct buf b = {0};
	buf_fmt(&b, "%s_%s%s%s", entity_names[e->id].name, what, from, looks[look]);
	if (generation)
		buf_fmt(&b, "_%u", generation);
	return b.data;
}

static struct entity_statements *make(const struct entity *e, enum look look, unsigned generation)
{
	static const char *const froms[SOURCES] = {
		[SOURCE_QUEUE] = "_queue", [SOURCE_DETAILS] = "_details", [SOURCE_LIST] = "_list"};
	struct entity_statements *s = made(sizeof *s);
	for (int n = 0; n < SOURCES; n++) {
		enum source from = (enum source)n;
		s->apply[n] = (struct db_statement){
			statement_name(e, "apply", froms[n], look, generation), statement_apply(e, from, look)};
		s->decide[n] = (struct db_statement){
			statement_name(e, "decide", froms[n], look, generation), statement_decide(e, from, look)};
		s->write[n] = (struct db_statement){
			statement_name(e, "write", froms[n], look, generation), statement_write(e, from, look)};
		s->link[n] = (struct db_statement){
			statement_name(e, "link", froms[n], LOOK_PLAIN, generation), statement_link(e, from)};
	}
	s->lost = (struct db_statement){statement_name(e, "lost", "", LOOK_PLAIN, generation), statement_lost(e)};
	s->strangers = (struct db_statement){
		statement_name(e, "strangers", "", LOOK_PLAIN, generation), statement_strangers(e)};
	if (!e->stock)
		return s;
	s->plan = (struct db_statement){statement_name(e, "plan", "", look, generation), statement_stock_plan(e)};
	s->kept = (struct db_statement){statement_name(e, "kept", "", look, generation), statement_stock_kept(e)};
	s->facts = (struct db_statement){statement_name(e, "facts", "", look, generation), statement_stock_facts(e)};
	return s;
}

const struct entity_statements *entity_statements(const struct entity *e, enum look look)
{
	static struct {
		const struct entity *of;
		unsigned generation;
		struct entity_statements *looks[LOOKS];
	} all[ENTITIES], *own;
	own = &all[e->id];
	if (own->of && own->of != e) {
		own->generation++;
		for (int i = 0; i < LOOKS; i++)
			own->looks[i] = NULL;
	}
	own->of = e;
	if (!own->looks[look])
		own->looks[look] = make(e, look, own->generation);
	return own->looks[look];
}

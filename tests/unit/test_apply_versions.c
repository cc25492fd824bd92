/* The statements that apply records, against a real PostgreSQL: which of two contents stays, and two writers at once.
 */
#include "actors/handler/statements.h"
#include "ipc/log.h"
#include "tests/unit/test_db_fixture.h"

#define ORGANIZATION "1"
extern const struct entity entity_invoice;

enum way { EVENT, PAGE, FETCH };

struct seen { /* one content of invoice 1, as it came: minutes of the version, seconds of the observation */
	enum way way;
	int modified, observed;
	const char *notes;
};

static PGconn *open_schema(const char *schema)
{
	char error[512], set[256];
	log_open(STDERR_FILENO, LOG_ERROR, LOG_LOGFMT, "test");
	cr_assert_eq(db_migrate(pg_url(), schema, error, sizeof error), 0, "%s", error);
	PGconn *conn = PQconnectdb(pg_url());
	snprintf(set, sizeof set, "SET search_path = %s; SET client_min_messages = error", schema);
	PQclear(PQexec(conn, set));
	PQclear(PQexec(conn, "TRUNCATE tds_sync_queue, tds_entity_state, invoices CASCADE"));
	return conn;
}

static const char *text(PGconn *conn, const char *sql)
{
	static char value[256];
	PGresult *r = PQexec(conn, sql);
	cr_assert(PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK, "%s",
		PQerrorMessage(conn));
	keep(value, sizeof value, r);
	PQclear(r);
	return value;
}

static void record_of(const struct seen *s, const char *id, char *to, size_t size)
{
	snprintf(to, size,
		"{\"invoice_id\":\"%s\",\"notes\":\"%s\",\"last_modified_time\":\"2026-01-01T10:%02d:00+0000\"%s}", id,
		s->notes, s->modified, s->way == PAGE ? "" : ",\"line_items\":[]");
}

/* Seconds behind noon of the day of all versions: none of these lies in the future. */
static void observed_us(const struct seen *s, char *to, size_t size)
{
	snprintf(to, size, "%lld000000", 1767268800LL + s->observed);
}

/* An event's queue row; its seq. */
static const char *enqueue(PGconn *conn, const struct seen *s)
{
	char record[512], sql[2048];
	record_of(s, "1", record, sizeof record);
	snprintf(sql, sizeof sql,
		"INSERT INTO tds_sync_queue (organization_id, entity_type, source_entity_id, validated_payload,"
		" last_modified, observed_at, is_full, inbox_event_id) VALUES ('1', 'invoice', '1', '%s',"
		" '2026-01-01 10:%02d:00+00', '2026-01-01 12:00+00'::timestamptz + %d * interval '1 second', true, gen_random_uuid())"
		" RETURNING seq",
		record, s->modified, s->observed);
	return text(conn, sql);
}

static void send(PGconn *conn, const struct db_statement *statement, int n, const char *const *params)
{
	cr_assert_eq(PQsendQueryParams(conn, statement->sql, n, NULL, params, NULL, NULL, 0), 1);
}

static PGresult *answer(PGconn *conn)
{
	PGresult *r = PQgetResult(conn);
	cr_assert_eq(PQresultStatus(r), PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
	cr_assert_null(PQgetResult(conn));
	return r;
}

/* The two ways the handler has: `apply`, or `decide` and then `write` where it won. The outcome. */
static uint64_t apply(PGconn *conn, const struct seen *s, bool at_once)
{
	const struct entity_statements *sql = entity_statements(&entity_invoice, LOOK_PLAIN);
	char record[512], docs[600], observed[32], seqs[40];
	record_of(s, "1", record, sizeof record);
	snprintf(docs, sizeof docs, "[%s]", record);
	observed_us(s, observed, sizeof observed);
	if (s->way == EVENT)
		snprintf(seqs, sizeof seqs, "{%s}", enqueue(conn, s));
	enum source from = s->way == EVENT ? SOURCE_QUEUE : s->way == PAGE ? SOURCE_LIST : SOURCE_DETAILS;
	const char *const decide[] = {
		ORGANIZATION, s->way == EVENT ? seqs : docs, s->way == EVENT ? "worker-1" : observed, NULL, "worker-1"};
	const char *const write[] = {ORGANIZATION, decide[1], "worker-1", NULL};
	send(conn, at_once ? &sql->apply[from] : &sql->decide[from], (s->way == EVENT ? 2 : 4) + at_once, decide);
	PGresult *r = answer(conn);
	uint64_t outcome = strtoull(PQgetvalue(r, 0, 2), NULL, 10);
	cr_expect_str_eq(PQgetvalue(r, 0, 4), "f", "raced with nobody");
	PQclear(r);
	if (outcome == OUTCOME_APPLIED && !at_once) {
		send(conn, &sql->write[from], s->way == EVENT ? 3 : 4, write);
		PQclear(answer(conn));
	}
	if (s->way == EVENT)
		text(conn, "UPDATE tds_sync_queue SET status = 'completed' WHERE status = 'pending'");
	return outcome;
}

static void expect(
	const char *schema, const char *what, const struct seen *all, size_t n, const char *notes, bool wanted)
{
	for (int at_once = 0; at_once < 2; at_once++) {
		PGconn *conn = open_schema(schema);
		for (size_t i = 0; i < n; i++)
			apply(conn, &all[i], at_once);
		cr_expect_str_eq(text(conn, "SELECT notes FROM invoices"), notes, "%s, %d", what, at_once);
		cr_expect_str_eq(text(conn, "SELECT detail_wanted FROM tds_entity_state"), wanted ? "t" : "f", "%s, %d",
			what, at_once);
		PQfinish(conn);
	}
}

#define EXPECT(what, notes, wanted, ...)                                                                               \
	expect(schema, what, (const struct seen[]){__VA_ARGS__},                                                       \
		sizeof((const struct seen[]){__VA_ARGS__}) / sizeof(struct seen), notes, wanted)

Test(apply_versions, the_newer_version_stays)
{
	const char *schema = "apply_newer";
	EXPECT("newer_last", "b", false, {EVENT, 1, 10, "a"}, {EVENT, 2, 20, "b"});
	EXPECT("newer_first", "b", false, {EVENT, 2, 10, "b"}, {EVENT, 1, 20, "a"});
	EXPECT("a_b_a", "a", false, {EVENT, 1, 10, "a"}, {EVENT, 2, 20, "b"}, {EVENT, 3, 30, "a"});
	EXPECT("older_page", "b", false, {EVENT, 2, 10, "b"}, {PAGE, 1, 20, "a"});
	EXPECT("newer_page", "b", true, {EVENT, 1, 10, "a"}, {PAGE, 2, 20, "b"});
}

Test(apply_versions, two_contents_of_one_version_are_asked_for_whoever_loses)
{
	const char *schema = "apply_contradicted";
	EXPECT("later_received", "b", true, {EVENT, 1, 10, "a"}, {EVENT, 1, 20, "b"});
	EXPECT("worked_on_later", "b", true, {EVENT, 1, 20, "b"}, {EVENT, 1, 10, "a"});
	EXPECT("fetched_before", "b", true, {EVENT, 1, 20, "b"}, {FETCH, 1, 10, "a"});
	EXPECT("page_between", "b", true, {EVENT, 1, 10, "a"}, {PAGE, 1, 20, "b"}, {EVENT, 1, 15, "b"});
}

Test(apply_versions, a_fetch_sent_afterwards_settles_it)
{
	const char *schema = "apply_settled";
	EXPECT("fetched_after", "c", false, {EVENT, 1, 10, "a"}, {EVENT, 1, 20, "b"}, {FETCH, 1, 30, "c"});
	EXPECT("fetched_the_same", "b", false, {EVENT, 1, 10, "a"}, {EVENT, 1, 20, "b"}, {FETCH, 1, 30, "b"});
	EXPECT("fetched_between", "b", true, {EVENT, 1, 10, "a"}, {EVENT, 1, 20, "b"}, {FETCH, 1, 15, "b"});
	EXPECT("newer_settles", "c", false, {EVENT, 1, 10, "a"}, {EVENT, 1, 20, "b"}, {EVENT, 2, 30, "c"});
}

Test(apply_versions, the_same_content_again_asks_for_nothing)
{
	const char *schema = "apply_same";
	EXPECT("same_event", "a", false, {EVENT, 1, 10, "a"}, {EVENT, 1, 20, "a"});
	EXPECT("same_fetch", "a", false, {EVENT, 1, 10, "a"}, {FETCH, 1, 20, "a"});
	EXPECT("page_then_event", "a", false, {PAGE, 1, 10, "a"}, {EVENT, 1, 20, "a"}, {FETCH, 1, 30, "a"});
}

Test(apply_versions, of_a_record_that_stands_twice_on_a_page_the_newer_version_stays)
{
	for (int newer = 0; newer < 2; newer++) {
		PGconn *conn = open_schema("apply_twice");
		const struct seen both[] = {
			{FETCH, 2 - newer, 10, newer ? "old" : "new"}, {FETCH, 1 + newer, 10, newer ? "new" : "old"}};
		char record[2][512], docs[1100];
		for (int i = 0; i < 2; i++)
			record_of(&both[i], "1", record[i], sizeof record[i]);
		snprintf(docs, sizeof docs, "[%s,%s]", record[0], record[1]);
		const char *const params[] = {ORGANIZATION, docs, "10000000", NULL, "worker-1"};
		send(conn, &entity_statements(&entity_invoice, LOOK_PLAIN)->apply[SOURCE_DETAILS], 5, params);
		PGresult *r = answer(conn);
		cr_expect_eq(PQntuples(r), 2);
		cr_expect_eq(strtoull(PQgetvalue(r, newer, 2), NULL, 10), OUTCOME_APPLIED);
		cr_expect_eq(strtoull(PQgetvalue(r, !newer, 2), NULL, 10), OUTCOME_SUPERSEDED);
		PQclear(r);
		cr_expect_str_eq(text(conn, "SELECT notes FROM invoices"), "new");
		PQfinish(conn);
	}
}

/* Waits until `conn`'s statement waits for a lock, as somebody sees it who has no transaction under way. */
static void wait_for_block(PGconn *conn)
{
	char blocked[128];
	PGconn *watch = PQconnectdb(pg_url());
	int64_t until = loop_clock() + 20 * test_second_ns;
	snprintf(blocked, sizeof blocked, "SELECT cardinality(pg_blocking_pids(%d)) > 0", PQbackendPID(conn));
	while (strcmp(text(watch, blocked), "t") != 0)
		cr_assert(loop_clock() < until, "nobody waits");
	PQfinish(watch);
}

/* Whether the second of two writers, which waited for the first, has to do it again: it lost to what it couldn't see, or says
 * that what it wrote stands on an old look, or couldn't write a row that it took for new. */
static void expect_old_look(PGconn *conn, bool at_once)
{
	PGresult *r = PQgetResult(conn);
	if (PQresultStatus(r) == PGRES_TUPLES_OK) {
		uint64_t outcome = strtoull(PQgetvalue(r, 0, 2), NULL, 10);
		cr_expect(outcome == OUTCOME_SKIPPED || outcome == OUTCOME_APPLIED);
		cr_expect_str_eq(PQgetvalue(r, 0, 4), outcome == OUTCOME_APPLIED ? "t" : "f");
	} else {
		cr_expect_str_eq(
			PQresultErrorField(r, PG_DIAG_SQLSTATE), at_once ? "23505" : "", "%s", PQerrorMessage(conn));
	}
	PQclear(r);
	cr_assert_null(PQgetResult(conn));
}

enum from { FROM_NOTHING = 1, AT_ONCE = 2 };

/* Both decide before either commits; the second has to wait, and to decide by what the first wrote. */
static void race(const struct seen *first, const struct seen *second, const char *notes, int how)
{
	bool at_once = how & AT_ONCE;
	const struct entity_statements *sql = entity_statements(&entity_invoice, LOOK_PLAIN);
	PGconn *a = open_schema("race"), *b = open_schema("race");
	char record[512], docs[600], observed[32];
	if (!(how & FROM_NOTHING))
		apply(a, &(struct seen){FETCH, 0, 5, "oldest"}, false);
	text(a, "BEGIN");
	text(b, "BEGIN");
	cr_expect_eq(apply(a, first, at_once), OUTCOME_APPLIED);
	record_of(second, "1", record, sizeof record);
	snprintf(docs, sizeof docs, "[%s]", record);
	observed_us(second, observed, sizeof observed);
	const char *const params[] = {ORGANIZATION, docs, observed, NULL, "worker-1"};
	send(b, (at_once ? sql->apply : sql->decide) + SOURCE_DETAILS, 4 + at_once, params);
	cr_assert_eq(PQflush(b), 0);
	wait_for_block(b);
	text(a, "COMMIT");
	expect_old_look(b, at_once);
	text(b, "ROLLBACK");
	apply(b, second, false); /* again, with a fresh look */
	cr_expect_str_eq(text(b, "SELECT notes FROM invoices"), notes);
	PQfinish(a);
	PQfinish(b);
}

Test(apply_versions, of_two_writers_at_once_the_newer_version_stays)
{
	for (int how = 0; how <= (FROM_NOTHING | AT_ONCE); how++) {
		race(&(struct seen){FETCH, 2, 10, "new"}, &(struct seen){FETCH, 1, 20, "old"}, "new", how);
		race(&(struct seen){FETCH, 1, 10, "old"}, &(struct seen){FETCH, 2, 20, "new"}, "new", how);
		race(&(struct seen){FETCH, 1, 20, "late"}, &(struct seen){FETCH, 1, 10, "early"}, "late", how);
	}
}

/* What `apply` says of one row of a list whose customer is 7: whether something waits. */
static const char *waits(PGconn *conn, const char *minute)
{
	static char said[8];
	char docs[256];
	snprintf(docs, sizeof docs,
		"[{\"invoice_id\":\"1\",\"customer_id\":\"7\",\"last_modified_time\":\"2026-01-01T10:%s:00+0000\"}]",
		minute);
	const char *const params[] = {ORGANIZATION, docs, "1767268800000000", NULL, "worker-1"};
	send(conn, &entity_statements(&entity_invoice, LOOK_PLAIN)->apply[SOURCE_LIST], 5, params);
	PGresult *r = answer(conn);
	cr_expect_eq(strtoull(PQgetvalue(r, 0, 2), NULL, 10), OUTCOME_APPLIED);
	snprintf(said, sizeof said, "%s", PQgetvalue(r, 0, 8));
	PQclear(r);
	return said;
}

Test(apply_versions, a_row_says_that_it_waits_for_a_record_until_that_is_there)
{
	PGconn *conn = open_schema("apply_waits");
	text(conn, "TRUNCATE customers CASCADE");
	cr_expect_str_eq(waits(conn, "01"), "t");
	cr_expect_str_eq(waits(conn, "02"), "t", "an update, too");
	text(conn, "INSERT INTO customers (organization_id, zoho_contact_id) VALUES ('1', '7')");
	cr_expect_str_eq(waits(conn, "03"), "f");
	cr_expect_str_eq(text(conn, "SELECT count(customer_id) FROM invoices"), "1");
	PQfinish(conn);
}

/* What `apply` says of one event of invoice 1: whether there is more to close than its row. */
static const char *earlier(PGconn *conn, const char *seq)
{
	static char said[8];
	char seqs[40];
	snprintf(seqs, sizeof seqs, "{%s}", seq);
	const char *const params[] = {ORGANIZATION, seqs, "worker-1"};
	send(conn, &entity_statements(&entity_invoice, LOOK_PLAIN)->apply[SOURCE_QUEUE], 3, params);
	PGresult *r = answer(conn);
	cr_expect_eq(strtoull(PQgetvalue(r, 0, 2), NULL, 10), OUTCOME_APPLIED);
	snprintf(said, sizeof said, "%s", PQgetvalue(r, 0, 9));
	PQclear(r);
	return said;
}

Test(apply_versions, an_event_says_that_earlier_ones_wait_or_letters_are_open)
{
	PGconn *conn = open_schema("apply_earlier");
	char first[32], second[32];
	snprintf(first, sizeof first, "%s", enqueue(conn, &(struct seen){EVENT, 1, 1, "first"}));
	snprintf(second, sizeof second, "%s", enqueue(conn, &(struct seen){EVENT, 2, 2, "second"}));
	cr_expect_str_eq(earlier(conn, first), "f", "later ones are none of its business");
	cr_expect_str_eq(earlier(conn, second), "t");
	text(conn,
		"UPDATE tds_sync_queue SET status = 'dead_letter' WHERE seq = (SELECT min(seq) FROM tds_sync_queue)");
	cr_expect_str_eq(earlier(conn, enqueue(conn, &(struct seen){EVENT, 3, 3, "third"})), "t", "a dead letter, too");
	text(conn, "UPDATE tds_sync_queue SET status = 'completed'");
	cr_expect_str_eq(earlier(conn, enqueue(conn, &(struct seen){EVENT, 4, 4, "fourth"})), "f");
	text(conn, "UPDATE tds_sync_queue SET status = 'completed'");
	text(conn, "INSERT INTO tds_dead_letter_queue (organization_id, entity_type, source_entity_id, failure_reason)"
		   " VALUES ('1', 'customer', '1', 'bad')");
	cr_expect_str_eq(earlier(conn, enqueue(conn, &(struct seen){EVENT, 5, 5, "fifth"})), "f", "another entity's");
	text(conn, "UPDATE tds_sync_queue SET status = 'completed'");
	text(conn, "UPDATE tds_dead_letter_queue SET entity_type = 'invoice'");
	cr_expect_str_eq(earlier(conn, enqueue(conn, &(struct seen){EVENT, 6, 6, "sixth"})), "t", "of a page");
	PQfinish(conn);
}

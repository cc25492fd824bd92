/* Owns the routes about alerts; they are raised and ended by the healing run (healer_judge.sql), or by whoever knows.
 */
#include <stdlib.h>
#include <string.h>
#include "actors/healer/healer.h"
#include "actors/view.h"
#include "sql_embedded.h"

static const struct db_statement list_sql = {"healer_alerts", SQL_HEALER_ALERTS};
static const struct db_statement acknowledge_sql = {"healer_alert_acknowledge", SQL_HEALER_ALERT_ACKNOWLEDGE};
static const struct db_statement resolve_sql = {"healer_alert_resolve", SQL_HEALER_ALERT_RESOLVE};
static const char not_found[] = "Alert not found";

void alerts_list(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	struct view v;
	char severity[WORD_BYTES];
	struct str active, resolved;
	long long limit, offset;
	if (!query_word(a, in, m, "severity", "info|warning|error|critical", severity) ||
		!query_flag(a, in, m, "is_active", NULL, &active) ||
		!query_flag(a, in, m, "include_resolved", "false", &resolved) || !view_page(a, in, m, &limit, &offset))
		return;
	view_start(&v, a, &list_sql);
	view_text(&v, word_or_null(severity));
	view_text(&v, active);
	view_text(&v, str_eq(active, "false") ? STR("true") : resolved); /* who asks for ended ones gets them */
	view_number(&v, limit);
	view_number(&v, offset);
	view_answer(&v, a, ((struct healer *)a->state)->db, in, m->request);
}

static void on_changed(void *ctx, const struct db_reply *r)
{
	struct asked *q = ctx;
	struct actor *a = q->healer->actor;
	if (r->failure != DB_OK) {
		asked_failed(q, r);
		return;
	}
	if (*PQgetvalue(r->results[0], 0, 0) == '0')
		actor_refuse(a, q->in, q->request, 404, "%s", not_found);
	else
		actor_reply(a, q->in, q->request, 200, "", q->done, strlen(q->done));
	free(q);
}

static void change(struct actor *a, struct edge *in, const struct msg_http_request *m, const struct db_statement *s,
	const char *done)
{
	struct healer *h = a->state;
	char id[UUID_LENGTH + 1];
	if (!path_uuid(a, in, m, not_found, id))
		return;
	struct asked *q = asked_new(a, in, m);
	q->done = done;
	db_query(h->db, s, on_changed, q, 4, a->config.zoho_organization_id, id, q->who, q->correlation);
}

void alerts_acknowledge(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	change(a, in, m, &acknowledge_sql, "{\"success\":true,\"message\":\"Alert acknowledged\"}");
}

void alerts_resolve(struct actor *a, struct edge *in, const struct msg_http_request *m)
{
	change(a, in, m, &resolve_sql, "{\"success\":true,\"message\":\"Alert resolved\"}");
}

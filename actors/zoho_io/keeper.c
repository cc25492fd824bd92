/* Owns the access token's comings and goings: asked of Zoho by one request at a time, kept encrypted in the database,
 * never in a log line, a message or an argument. The database being away delays nothing for long and stops nothing. */
#include "actors/zoho_io/seal.h"
#include "actors/zoho_io/zoho.h"
#include "ipc/buf.h"
#include "sql_embedded.h"
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 1500, SAVE_AGAIN_MS = 30000, TOKEN_REPLY_BYTES_MAX = 65536 };

static void take_kept(struct zoho *z, const PGresult *row)
{
	struct token kept = {0};
	size_t length;
	if (!row || PQntuples(row) != 1 || PQgetisnull(row, 0, 0) || PQgetisnull(row, 0, 1) || PQgetisnull(row, 0, 2))
		return;
	char *text = zoho_unseal(z->actor->config.zoho_client_secret, z->keeper.about, PQgetvalue(row, 0, 0),
		PQgetvalue(row, 0, 1), PQgetvalue(row, 0, 2), &length);
	if (!text)
		log_info("the kept token is of other credentials");
	else if (!*z->keeper.token.access && !z->keeper.refresh && zoho_token_read(&kept, text, length)) {
		kept.generation = z->keeper.token.generation + 1;
		z->keeper.token = kept;
		log_info(*kept.access ? "the kept access token is used"
				      : "asking for a token waits as before the restart",
			LF_STR("why", *kept.why ? kept.why : NULL));
	}
	free(text);
}

/* A token is got ready before the first call needs it; a grant that is no longer valid is known at once. */
static void on_loaded(void *ctx, const struct db_reply *r)
{
	struct zoho *z = ctx;
	z->keeper.loading = false;
	take_kept(z, r->failure == DB_OK ? r->results[0] : NULL);
	if (!z->drain_ns)
		zoho_keeper_ask(z);
}

static void load(struct zoho *z)
{
	static const struct db_statement statement = {"zoho_token_load", SQL_ZOHO_TOKEN_LOAD};
	if (*z->target.missing || z->keeper.token.generation)
		return;
	z->keeper.loading = true;
	db_query(z->db, &statement, on_loaded, z, 1, z->actor->config.zoho_organization_id);
}

static void on_saved(void *ctx, const struct db_reply *r)
{
	struct zoho *z = ctx;
	z->keeper.unsaved = r->failure != DB_OK;
	if (r->failure != DB_OK)
		z->keeper.save_ns = loop_clock() + SAVE_AGAIN_MS * INT64_C(1000000);
}

static void save(struct zoho *z)
{
	static const struct db_statement statement = {"zoho_token_store", SQL_ZOHO_TOKEN_STORE};
	char text[TOKEN_TEXT_BYTES];
	size_t length = zoho_token_write(&z->keeper.token, text, sizeof text);
	char *sealed = zoho_seal(z->actor->config.zoho_client_secret, z->keeper.about, text, length);
	explicit_bzero(text, sizeof text);
	z->keeper.unsaved = false;
	if (sealed)
		db_query(z->db, &statement, on_saved, z, 2, z->actor->config.zoho_organization_id, sealed);
	free(sealed);
}

static void told(struct zoho *z, enum grant grant, const struct http_reply *reply)
{
	const struct token *t = &z->keeper.token;
	if (grant == GRANT_GIVEN) {
		actor_count(z->actor, COUNT_TOKENS, 1);
		log_info("access token obtained", LF_MS("took", reply->took_ns),
			LF_INT("valid_s", (t->expires_us - t->issued_us) / 1000000));
	} else if (grant == GRANT_INVALID) {
		log_error("Zoho refuses us: no calls until zoho.refresh_token is replaced", LF_STR("why", t->why),
			LF_INT("again_s", t->pause_us / 1000000));
	} else {
		log_warn("no access token", LF_STR("why", t->why), LF_INT("again_s", t->pause_us / 1000000));
	}
	if (grant != GRANT_TRANSIENT) /* a pause is kept, too: a restart is no reason to ask once more */
		save(z);
}

static void on_reply(void *ctx, struct http_reply *reply)
{
	struct zoho *z = ctx;
	z->keeper.refresh = NULL;
	enum grant grant =
		zoho_token_answer(&z->keeper.token, reply->error, reply->status, reply->body, reply->length, now_us());
	if (reply->body)
		explicit_bzero(reply->body, reply->length);
	if (reply->error && !reply->unsent)
		zoho_token_perhaps_issued(&z->keeper.token, now_us());
	told(z, grant, reply);
	zoho_breaker_note(
		z, BREAKER_AUTH, grant == GRANT_TRANSIENT ? BREAKER_FAILURE : BREAKER_SUCCESS, z->keeper.trial);
}

static void add_form(struct buf *form, const char *key, const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, 0);
	buf_fmt(form, "%s%s=%s", form->len ? "&" : "", key, escaped ? escaped : "");
	curl_free(escaped);
}

static void refresh(struct zoho *z)
{
	const struct config *c = &z->actor->config;
	char url[TARGET_URL_BYTES + 32];
	struct buf form = {0};
	int64_t wait_ms = zoho_breaker_wait_ms(z, BREAKER_AUTH);
	if (wait_ms) {
		zoho_wake_in_ms(z, wait_ms);
		return;
	}
	snprintf(url, sizeof url, "%s/oauth/v2/token", z->target.accounts);
	add_form(&form, "grant_type", "refresh_token");
	add_form(&form, "refresh_token", c->zoho_refresh_token);
	add_form(&form, "client_id", c->zoho_client_id);
	add_form(&form, "client_secret", c->zoho_client_secret);
	z->keeper.refresh = zoho_http_start(z->http,
		&(struct http_request){.url = url,
			.post = form.data,
			.body_max = TOKEN_REPLY_BYTES_MAX,
			.timeout_ns = c->zoho_timeout,
			.connect_timeout_ns = c->zoho_connect_timeout},
		on_reply, z);
	explicit_bzero(form.data, form.len);
	buf_free(&form);
	if (z->keeper.refresh)
		z->keeper.trial = zoho_breaker_go(z, BREAKER_AUTH);
}

enum token_need zoho_keeper_ask(struct zoho *z)
{
	struct keeper *k = &z->keeper;
	int64_t until_us, now = now_us();
	enum token_need need = zoho_token_need(&k->token, now, z->actor->config.zoho_token_margin / 1000, &until_us);
	if (need == TOKEN_USE)
		return need;
	if (!*k->token.access && (k->loading || !db_up(z->db)) && loop_clock() < k->patience_ns) {
		zoho_wake_in_ms(z, (k->patience_ns - loop_clock()) / 1000000 + 1);
		return TOKEN_RENEW;
	}
	if ((need == TOKEN_RENEW || need == TOKEN_USE_AND_RENEW) && !k->refresh)
		refresh(z);
	if (need == TOKEN_PAUSE || need == TOKEN_STOP)
		zoho_wake_in_ms(z, (until_us - now) / 1000 + 1);
	return need == TOKEN_STOP && k->refresh ? TOKEN_RENEW : need;
}

const char *zoho_keeper_blocked(const struct zoho *z, bool *stopped, int64_t *until_us)
{
	const struct token *t = &z->keeper.token;
	enum token_need need = zoho_token_need(t, now_us(), z->actor->config.zoho_token_margin / 1000, until_us);
	*stopped = need == TOKEN_STOP;
	if (need != TOKEN_STOP && need != TOKEN_PAUSE)
		return NULL;
	return *t->why ? t->why : "Zoho's limit of access tokens in ten minutes is reached";
}

void zoho_keeper_ask_anew(struct zoho *z)
{
	zoho_token_ask_anew(&z->keeper.token);
	zoho_wake_in_ms(z, 1);
}

void zoho_keeper_tick(struct zoho *z)
{
	struct keeper *k = &z->keeper;
	if (k->token.stopped && !z->actor->draining)
		zoho_keeper_ask(z);
	if (k->unsaved && loop_clock() >= k->save_ns)
		save(z);
	else if (k->unsaved)
		zoho_wake_in_ms(z, (k->save_ns - loop_clock()) / 1000000 + 1);
}

void zoho_keeper_database(struct zoho *z, bool up)
{
	if (up)
		load(z);
}

const char *zoho_keeper_api(const struct zoho *z)
{
	const char *domain = z->keeper.token.api_domain;
	return *domain && !z->target.api_is_configured ? domain : z->target.api;
}

void zoho_keeper_open(struct zoho *z)
{
	const struct config *c = &z->actor->config;
	char grant[65];
	zoho_fingerprint(c->zoho_refresh_token, grant);
	snprintf(z->keeper.about, sizeof z->keeper.about, "zoho.token %.40s %.100s %s %.200s", c->zoho_organization_id,
		c->zoho_client_id, grant, z->target.accounts);
	z->keeper.loading = true;
	z->keeper.patience_ns = loop_clock() + PATIENCE_MS * INT64_C(1000000);
}

/* Owns the environment variables of the service that TDS replaces: what they set, and in which unit they count. */
#include "config/memory.h"
#include "config/reading.h"
#include "config/units.h"
#include "config/value.h"
#include <stdlib.h>
#include <string.h>

static const struct variable {
	const char *name, *key;
	const char *unit; /* put behind its whole number; NULL: taken as it is */
} variables[] = {
	{"DATABASE_URL", "database.url", NULL},
	{"ZOHO_CLIENT_ID", "zoho.client_id", NULL},
	{"ZOHO_CLIENT_SECRET", "zoho.client_secret", NULL},
	{"ZOHO_REFRESH_TOKEN", "zoho.refresh_token", NULL},
	{"ZOHO_ORGANIZATION_ID", "zoho.organization_id", NULL},
	{"WEBHOOK_API_KEY", "webhook.keys", NULL},
	{"ZOHO_WEBHOOK_SECRET", "webhook.signature_secrets", NULL},
	{"TDS_BATCH_SIZE", "queue.batch_size", NULL},
	{"TDS_MAX_RETRY_ATTEMPTS", "queue.attempts_max", NULL},
	{"TDS_RETRY_BACKOFF_BASE_MS", "queue.backoff_min", "ms"},
	{"TDS_RETRY_BACKOFF_MAX_MS", "queue.backoff_max", "ms"},
	{"TDS_LOCK_TIMEOUT_SECONDS", "queue.lock_timeout", "s"},
	{"TDS_QUEUE_POLL_INTERVAL_MS", "queue.poll_interval", "ms"},
	{"TDS_INBOX_RETENTION_DAYS", "retention.inbox", "d"},
	{"TDS_LOGS_RETENTION_DAYS", "retention.logs", "d"},
	{"TDS_METRICS_RETENTION_DAYS", "retention.metrics", "d"},
	{"TDS_ALERT_FAILURE_RATE_THRESHOLD", "alerts.failure_rate_max", NULL},
	{"TDS_ALERT_QUEUE_BACKLOG_THRESHOLD", "healer.queue_warning", NULL},
	{"TDS_ALERT_SYNC_LAG_THRESHOLD_MINUTES", "alerts.sync_lag_max", "m"},
};
enum { VARIABLES = sizeof variables / sizeof *variables };

/* SQLAlchemy's "postgresql+asyncpg://", as the old service had it, without the driver, which libpq doesn't know. */
static const char *without_driver(struct reading *r, const char *url)
{
	static const char scheme[] = "postgresql+";
	const char *rest = strstr(url, "://");
	bool driver = rest != NULL && strncmp(url, scheme, strlen(scheme)) == 0;
	return driver ? config_format(r->c, "postgresql%s", rest) : url;
}

static int read_variable(struct reading *r, const struct variable *v, const char *value)
{
	struct origin at = {v->name, 0};
	char room[VALUE_TEXT_BYTES];
	int64_t n;
	if (strcmp(v->key, "database.url") == 0)
		value = without_driver(r, value);
	if (v->unit == NULL)
		return reading_assign_text(r, parameter_named(v->key), value, at);
	if (!integer_parse(value, &n))
		return reading_refuse(
			r, at, v->key, "is %s, must be a whole number (unit %s)", value_quoted(value, room), v->unit);
	return reading_assign_text(r, parameter_named(v->key), config_format(r->c, "%s%s", value, v->unit), at);
}

static int read_region(struct reading *r, const char *value)
{
	static const char *const centers[][2] = {{"US", "com"}, {"EU", "eu"}, {"IN", "in"}};
	struct origin at = {"ZOHO_REGION", 0};
	char room[VALUE_TEXT_BYTES];
	for (size_t i = 0; i < sizeof centers / sizeof *centers; i++)
		if (strcasecmp(value, centers[i][0]) == 0)
			return reading_assign_text(r, parameter_named("zoho.data_center"), centers[i][1], at);
	return reading_refuse(r, at, "zoho.data_center",
		"is %s, must be US, EU or IN; for others set zoho.data_center in the file", value_quoted(value, room));
}

/* An empty variable counts as not set. */
int reading_environment(struct reading *r)
{
	const char *region = getenv("ZOHO_REGION");
	if (region != NULL && region[0] != '\0' && read_region(r, region) != 0)
		return -1;
	for (const struct variable *v = variables; v < variables + VARIABLES; v++) {
		const char *value = getenv(v->name);
		if (value != NULL && value[0] != '\0' && read_variable(r, v, value) != 0)
			return -1;
	}
	return 0;
}

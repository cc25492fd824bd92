/* Owns what an entry of sync.schedule may say: a sync that exists, and either an interval or a time of day. */
#include "config/schedule.h"
#include "config/memory.h"
#include "config/units.h"
#include <string.h>

enum { SECOND = 1000000000, MINUTES_PER_HOUR = 60 };
static const int64_t every_min = SECOND, every_max = INT64_C(366) * 86400 * SECOND;

/* What can be scheduled: every bulk sync, and the lanes that are no entity of their own. */
static const char *const syncs[] = {
	"sync-all",
	"stock",
	"items-with-stock",
	"images",
#define ENTITY(id, name, webhook, bulk, ...) bulk,
#include "actors/entities.def"
#undef ENTITY
};
enum { SYNCS = sizeof syncs / sizeof *syncs };

bool config_schedule_name_good(const char *name, char why[VALUE_WHY_BYTES])
{
	char room[VALUE_TEXT_BYTES], known[VALUE_TEXT_BYTES] = "";
	for (size_t i = 0; i < SYNCS; i++)
		if (strcmp(syncs[i], name) == 0)
			return true;
	for (size_t i = 0, n = 0; i < SYNCS && n < sizeof known; i++)
		n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i > 0 ? ", " : "", syncs[i]);
	snprintf(why, VALUE_WHY_BYTES, "is %s, must be one of %s", value_quoted(name, room), known);
	return false;
}

bool config_schedule_every(const char *text, int64_t *ns, char why[VALUE_WHY_BYTES])
{
	char room[VALUE_TEXT_BYTES];
	if (duration_parse(text, ns) && *ns >= every_min && *ns <= every_max)
		return true;
	snprintf(why, VALUE_WHY_BYTES, "is %s, must be a duration from \"1s\" to \"366d\"", value_quoted(text, room));
	return false;
}

static int two_digits(const char *text, int end)
{
	bool good = text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9';
	int value = good ? (text[0] - '0') * 10 + text[1] - '0' : end;
	return value < end ? value : -1;
}

bool config_schedule_at(const char *text, int *minute, char why[VALUE_WHY_BYTES])
{
	char room[VALUE_TEXT_BYTES];
	bool shape = strlen(text) == sizeof "02:00" - 1 && text[2] == ':';
	int h = shape ? two_digits(text, 24) : -1, m = shape ? two_digits(text + 3, MINUTES_PER_HOUR) : -1;
	*minute = h * MINUTES_PER_HOUR + m;
	if (h >= 0 && m >= 0)
		return true;
	snprintf(why, VALUE_WHY_BYTES, "is %s, must be a time of day from \"00:00\" to \"23:59\"",
		value_quoted(text, room));
	return false;
}

bool config_schedule_parse(struct config *c, const char *text, struct config_schedule *s, char why[VALUE_WHY_BYTES])
{
	char part[4][32] = {"", "", "", ""}, more[2];
	int n = sscanf(text, "%31s %31s %31s %31s %1s", part[0], part[1], part[2], part[3], more);
	bool timed = strcmp(part[1], "at") == 0, repeated = strcmp(part[1], "every") == 0;
	*s = (struct config_schedule){.at_minute = -1, .incremental = n == 4 && strcmp(part[3], "incremental") == 0};
	if (n < 3 || n > 4 || (n == 4 && !s->incremental) || (!timed && !repeated)) {
		char room[VALUE_TEXT_BYTES];
		snprintf(why, VALUE_WHY_BYTES, "is %s, must be like \"sync-all every 30m incremental\"",
			value_quoted(text, room));
		return false;
	}
	if (!config_schedule_name_good(part[0], why) || !(timed ? config_schedule_at(part[2], &s->at_minute, why)
								: config_schedule_every(part[2], &s->every_ns, why)))
		return false;
	s->name = config_text(c, part[0], strlen(part[0]));
	return true;
}

const char *config_schedule_text(const struct config_schedule *s, char room[VALUE_TEXT_BYTES])
{
	char every[UNITS_TEXT_BYTES];
	const char *last = s->incremental ? " incremental" : "";
	if (s->every_ns > 0)
		snprintf(room, VALUE_TEXT_BYTES, "%s every %s%s", s->name, duration_text(s->every_ns, every), last);
	else
		snprintf(room, VALUE_TEXT_BYTES, "%s at %02d:%02d%s", s->name, s->at_minute / MINUTES_PER_HOUR,
			s->at_minute % MINUTES_PER_HOUR, last);
	return room;
}

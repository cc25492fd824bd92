/* Owns the faults a test asked for in TDS_FAULT and how often each point was passed: one table, one counter per
 * point, so that "the third recv fails" means the same in every build and on both loop backends. */
#include "ipc/seam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { faults_max = 32, errno_max = 4095 };

struct fault {
	unsigned long from, to; /* calls, counted from 1, both included */
	enum seam_point point;
	int error;
};

bool seam_armed;
static struct fault faults[faults_max];
static size_t fault_count;
static unsigned long passed[SEAM_N];

static const char *const point_names[SEAM_N] = {
#define SEAM(id, name) [SEAM_##id] = (name),
#include "ipc/seam.def"
#undef SEAM
};

static bool equals(const char *text, size_t len, const char *name)
{
	return name && strlen(name) == len && !memcmp(text, name, len);
}

static bool parse_point(const char *text, size_t len, enum seam_point *point)
{
	for (int i = 0; i < SEAM_N; i++)
		if (equals(text, len, point_names[i])) {
			*point = (enum seam_point)i;
			return true;
		}
	return false;
}

static bool parse_error(const char *text, size_t len, int *error)
{
	for (int i = 1; i <= errno_max; i++)
		if (equals(text, len, strerrorname_np(i))) {
			*error = i;
			return true;
		}
	return false;
}

/* "3" = the third call only, "3+" = every call from the third on. */
static bool parse_calls(const char *text, size_t len, struct fault *fault)
{
	char *end;
	if (!len || *text < '0' || *text > '9')
		return false;
	errno = 0;
	fault->from = fault->to = strtoul(text, &end, 10);
	if (errno || !fault->from)
		return false;
	if (end < text + len && *end == '+') {
		fault->to = (unsigned long)-1;
		end++;
	}
	return end == text + len;
}

/* "handler" means every handler, "handler:product" that one. */
static bool is_meant(const char *text, size_t len, const char *actor)
{
	return !*actor || (!strncmp(text, actor, len) && (actor[len] == '\0' || actor[len] == ':'));
}

/* One "[actor/]point:calls:ERRNO" of `len` bytes. Those for other actors are checked too, then left out. */
static bool parse_fault(const char *text, size_t len, const char *actor)
{
	struct fault fault;
	bool meant = true;
	const char *slash = memchr(text, '/', len), *end = text + len;
	if (slash) {
		meant = is_meant(text, (size_t)(slash - text), actor);
		text = slash + 1;
	}
	const char *first = memchr(text, ':', (size_t)(end - text));
	const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
	if (!second || !parse_point(text, (size_t)(first - text), &fault.point) ||
		!parse_calls(first + 1, (size_t)(second - first - 1), &fault) ||
		!parse_error(second + 1, (size_t)(end - second - 1), &fault.error))
		return false;
	if (meant && fault_count == faults_max)
		return false;
	if (meant)
		faults[fault_count++] = fault;
	return true;
}

bool seam_arm(const char *spec, const char *actor)
{
	seam_armed = false;
	fault_count = 0;
	memset(passed, 0, sizeof passed);
	for (const char *at = spec ? spec : ""; *at;) {
		size_t len = strcspn(at, ",");
		if (!parse_fault(at, len, actor ? actor : "")) {
			fprintf(stderr, "TDS_FAULT: can't use \"%.*s\", wanted [actor/]point:n[+]:ERRNO\n", (int)len,
				at);
			fault_count = 0;
			return false;
		}
		at += len + (at[len] == ',');
	}
	seam_armed = fault_count > 0;
	return true;
}

int seam_hit(enum seam_point point)
{
	unsigned long call = ++passed[point];
	for (size_t i = 0; i < fault_count; i++)
		if (faults[i].point == point && call >= faults[i].from && call <= faults[i].to)
			return faults[i].error;
	return 0;
}

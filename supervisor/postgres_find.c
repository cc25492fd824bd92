/* Finds PostgreSQL's programs and the unprivileged user it runs as, because it refuses to run as root. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "supervisor/supervisor.h"

static bool has_programs(const char *bin)
{
	char path[320];
	snprintf(path, sizeof path, "%s/postgres", bin);
	if (access(path, X_OK) != 0)
		return false;
	snprintf(path, sizeof path, "%s/initdb", bin);
	return access(path, X_OK) == 0;
}

/* The major version of existing data, 0 = none yet. */
static int version_of_data(const struct postgres *p)
{
	char path[320], line[16] = "";
	snprintf(path, sizeof path, "%s/PG_VERSION", p->data);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(line, sizeof line, f))
		*line = 0;
	fclose(f);
	return atoi(line);
}

static bool find_packaged(struct postgres *p, int version)
{
	static const char prefix[] = "/usr/lib/postgresql/";
	glob_t found;
	int best = 0;
	if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int major = atoi(found.gl_pathv[i] + sizeof prefix - 1);
		if (major <= best || (version && major != version) || !has_programs(found.gl_pathv[i]))
			continue;
		best = major;
		snprintf(p->bin, sizeof p->bin, "%s", found.gl_pathv[i]);
	}
	globfree(&found);
	return best > 0;
}

static bool find_in_path(struct postgres *p)
{
	const char *given = getenv("PATH");
	char *path = strdup(given ? given : ""), *rest = path;
	bool found = false;
	for (char *dir; path && !found && (dir = strsep(&rest, ":"));)
		if (*dir == '/' && has_programs(dir)) {
			snprintf(p->bin, sizeof p->bin, "%s", dir);
			found = true;
		}
	free(path);
	return found;
}

static void find_user(struct postgres *p)
{
	p->who = (struct identity){.uid = geteuid(), .gid = getegid()};
	if (p->who.uid != 0 || identity_named(&p->who, "postgres") || identity_named(&p->who, "tds"))
		return;
	die(EXIT_PERMANENT,
		"the private PostgreSQL needs an unprivileged user: make a user \"postgres\" or \"tds\", run tds as"
		" another user than root, or set database.url");
}

void postgres_find(struct postgres *p)
{
	int version = version_of_data(p);
	find_user(p);
	if (find_packaged(p, version) || find_in_path(p))
		return;
	if (version)
		die(EXIT_PERMANENT, "%s needs PostgreSQL %d, which is not installed (apt install postgresql-%d)",
			p->data, version, version);
	die(EXIT_PERMANENT, "no PostgreSQL found: apt install postgresql, or set database.url");
}

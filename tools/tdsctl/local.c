/* Owns the commands that read files of this host: the configuration, and psql with the database's password. */
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/tdsctl/ctl.h"

/* The file of -c, else the running TDS's. */
static void read_config(struct ctl *c, struct config *to)
{
	char error[CONFIG_ERROR_BYTES];
	const char *file = c->config_file ? c->config_file : where_text(c, "config");
	if (config_read(to, *file ? file : NULL, error) != 0)
		fail(CTL_CONFIG, "%s", error);
}

int run_config_show(struct ctl *c, struct args *a)
{
	struct config config;
	bool changed = arg_flag(a, "--changed");
	args_done(a, 0);
	read_config(c, &config);
	config_show(&config, stdout, changed);
	config_free(&config);
	return EXIT_DONE;
}

int run_config_reference(struct ctl *c, struct args *a)
{
	(void)c;
	args_done(a, 0);
	config_reference(stdout);
	return EXIT_DONE;
}

/* `where` leaves secrets out; the configuration has them, for whoever may read it. */
static void export_password(struct ctl *c)
{
	char error[CONFIG_ERROR_BYTES];
	struct config config;
	if (getenv("PGPASSWORD") ||
		config_read(&config, c->config_file ? c->config_file : where_text(c, "config"), error) != 0)
		return; /* psql asks for it */
	PQconninfoOption *options = *config.database_url ? PQconninfoParse(config.database_url, NULL) : NULL;
	for (PQconninfoOption *o = options; o && o->keyword; o++)
		if (!strcmp(o->keyword, "password") && o->val && *o->val)
			setenv("PGPASSWORD", o->val, 1);
	if (options)
		PQconninfoFree(options);
	config_free(&config);
}

/* The private PostgreSQL's folder is open to root and to its own user. */
static void check_private(struct ctl *c)
{
	struct buf folder = {0};
	if (!json_object_get_boolean(json_at(c->where, "database_private")))
		return;
	buf_fmt(&folder, "%s/postgres/run", where_text(c, "data_dir"));
	if (access(folder.data, X_OK) != 0)
		fail(EXIT_FAILED, "%s: %s; run tdsctl as root or as the user that PostgreSQL runs as", folder.data,
			strerror(errno));
	buf_free(&folder);
}

int run_psql(struct ctl *c, struct args *a)
{
	char *argv[WORDS_MAX + 4] = {"psql", "-d"};
	const char *database = where_text(c, "database");
	check_private(c);
	export_password(c);
	argv[2] = strdup(database);
	for (int i = 0; i < a->n; i++)
		argv[3 + i] = a->at[i];
	execvp("psql", argv);
	fail(EXIT_FAILED, "psql: %s; install postgresql-client", strerror(errno));
}

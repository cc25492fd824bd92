/* The commands on processes and files: what the control socket is asked, the configuration, psql. */
#include <errno.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/tdsctl/ctl.h"

static int tell(struct ctl *c, const char *command, const char *argument, const char *done)
{
	json_object_put(control_ask(c, command, argument));
	if (!c->json)
		puts(done);
	return EXIT_DONE;
}

int run_restart(struct ctl *c, struct args *a)
{
	args_done(a, 1);
	return tell(c, "restart", a->at[0], "restarting; tdsctl status shows how it goes");
}

int run_reload(struct ctl *c, struct args *a)
{
	args_done(a, 0);
	return tell(c, "reload", NULL, "the configuration was read again");
}

int run_drain(struct ctl *c, struct args *a)
{
	args_done(a, 0);
	return tell(c, "drain", NULL, "draining; tdsctl restart all goes on");
}

int run_stop(struct ctl *c, struct args *a)
{
	const char *how = arg_flag(a, "--now") ? "now" : NULL;
	args_done(a, 0);
	return tell(c, "stop", how, "stopping");
}

int run_upgrade(struct ctl *c, struct args *a)
{
	args_done(a, 0);
	return tell(c, "upgrade", NULL, "upgrading; tdsctl status shows how it goes");
}

int run_logs(struct ctl *c, struct args *a)
{
	args_done(a, 0);
	const char *log = where_text(c, "log");
	puts(*log ? log : "stderr; under systemd: journalctl -u tds");
	return EXIT_DONE;
}

/* The file of -c, else the one that the running TDS uses, else the usual one. */
static const char *config_path(struct ctl *c)
{
	static const char usual[] = "/etc/tds/tds.conf";
	if (c->config_file)
		return c->config_file;
	if (!c->where)
		c->where = control_try(c, "where", NULL);
	const char *running = json_text(json_at(c->where, "config"));
	return *running ? running : access(usual, R_OK) == 0 ? usual : NULL;
}

static void read_config(struct ctl *c, struct config *config)
{
	char error[CONFIG_ERROR_BYTES];
	const char *file = config_path(c);
	if (config_read(config, file, error) != 0)
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

/* A private PostgreSQL's socket folder is its owner's alone; root may enter it, and psql need not be root for that. */
static void become_owner(const char *data_dir)
{
	char path[PATH_BYTES];
	struct stat st;
	snprintf(path, sizeof path, "%s/postgres/data", data_dir);
	if (geteuid() != 0 || stat(path, &st) != 0 || st.st_uid == 0)
		return;
	const struct passwd *pw = getpwuid(st.st_uid);
	if (setgroups(0, NULL) != 0 || setresgid(st.st_gid, st.st_gid, st.st_gid) != 0 ||
		setresuid(st.st_uid, st.st_uid, st.st_uid) != 0)
		fail(EXIT_FAILED, "can't become %s: %s", pw ? pw->pw_name : "the database's owner", strerror(errno));
	if (chdir("/") != 0)
		fail(EXIT_FAILED, "/: %s", strerror(errno));
}

/* `where` leaves secrets out; the configuration has them, for whoever may read it. Else psql asks. */
static void export_password(struct ctl *c)
{
	char error[CONFIG_ERROR_BYTES];
	struct config config;
	if (getenv("PGPASSWORD") || config_read(&config, config_path(c), error) != 0)
		return;
	PQconninfoOption *options = *config.database_url ? PQconninfoParse(config.database_url, NULL) : NULL;
	for (PQconninfoOption *o = options; o && o->keyword; o++)
		if (!strcmp(o->keyword, "password") && o->val && *o->val)
			setenv("PGPASSWORD", o->val, 1);
	if (options)
		PQconninfoFree(options);
	config_free(&config);
}

int run_psql(struct ctl *c, struct args *a)
{
	char *argv[WORDS_MAX + 4] = {"psql", "-d", NULL};
	struct buf url = {0};
	buf_str(&url, where_text(c, "database"));
	argv[2] = url.data;
	for (int i = 0; i < a->n; i++)
		argv[3 + i] = a->at[i];
	if (json_object_get_boolean(json_at(c->where, "database_private")))
		become_owner(where_text(c, "data_dir"));
	else
		export_password(c);
	execvp("psql", argv);
	fail(EXIT_FAILED, "psql can't be started: %s (apt-get install postgresql-client)", strerror(errno));
}

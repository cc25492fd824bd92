/* Owns changes at run time: a reload, a new log file, and the rolling replacement that both use: drain, exit 0, start,
 * one actor after the other. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "actors/handler/mapping.h"
#include "config/table.h"
#include "supervisor/supervisor.h"

/* The log is descriptor 2, of the supervisor and of everybody it starts. */
static void open_log_file(const struct supervisor *s)
{
	int fd = s->stderr_fd;
	const char *path = s->config.log_file;
	if (*path)
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0)
		log_error("log file can't be opened, going on with the old one", LF_STR("file", path),
			LF_STR("error", strerror(errno)));
	else
		dup2(fd, STDERR_FILENO);
	if (*path && fd >= 0)
		close(fd);
}

void log_setup(const struct supervisor *s)
{
	open_log_file(s);
	log_open(STDERR_FILENO, (enum log_level)config_choice(&s->config, "log.level"),
		(enum log_format)config_choice(&s->config, "log.format"), "supervisor");
}

/* Actors hold the old file: they are replaced. */
void reopen_log(struct supervisor *s)
{
	log_setup(s);
	log_info("log reopened");
	for (int i = 1; i < s->children_n && *s->config.log_file; i++)
		s->children[i].roll = child_runs(&s->children[i]);
}

/* Whether an actor's statements are made from how an entity is mapped. */
static bool is_concerned(const struct child *c, enum entity_id e)
{
	char key[64];
	snprintf(key, sizeof key, "mapping.%s", entity_names[e].name);
	const struct parameter *p = parameter_named(key);
	bool handler = child_who(c) == WHO_HANDLER;
	return p && p->who & child_who(c) && (!handler || mapping_concerns((enum entity_id)c->entity, e));
}

static bool mapped_alike(const struct supervisor *s, const struct child *c, const struct config *before)
{
	for (int e = 1; e < ENTITIES; e++)
		if (is_concerned(c, (enum entity_id)e) &&
			!config_same_mapping(before, &s->config, entity_names[e].name))
			return false;
	return true;
}

static void mark_changed(struct supervisor *s, const struct config *before)
{
	for (int i = 1; i < s->children_n; i++) {
		struct child *c = &s->children[i];
		if (c->state == CHILD_PARKED)
			child_event(s, c, EVENT_START);
		else if (child_runs(c) &&
			 !(config_same(before, &s->config, child_who(c)) && mapped_alike(s, c, before)))
			c->roll = true;
	}
}

static bool read_again(const struct supervisor *s, struct config *now, char error[CONFIG_ERROR_BYTES])
{
	if (config_read(now, s->config.file, error) != 0)
		return false;
	const char *key = config_unreloadable(&s->config, now);
	if (!key)
		return true;
	snprintf(error, CONFIG_ERROR_BYTES, "%s: changed, which needs a restart of tds", key);
	config_free(now);
	return false;
}

/* Other workers: other processes, rings and slots. The way there is that of an upgrade, which keeps pid and sockets; the image
 * that it ends in reads the configuration. */
static void lay_out_anew(struct supervisor *s, struct config *now, char error[CONFIG_ERROR_BYTES])
{
	const char *why = upgrade_begin(s);
	log_info("the number of workers changes: everybody drains and starts anew",
		LF_STR("key", config_relaid(&s->config, now)));
	if (why)
		snprintf(
			error, CONFIG_ERROR_BYTES, "%s: can't be changed now: %s", config_relaid(&s->config, now), why);
	config_free(now);
}

/* `error` is "" when the new configuration is in force, or will be in a moment. */
void reload(struct supervisor *s, char error[CONFIG_ERROR_BYTES])
{
	struct config before = s->config, now;
	*error = 0;
	notify("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)s->now / 1000);
	if (!read_again(s, &now, error)) {
		log_error("configuration not reloaded, keeping the old one", LF_STR("error", error));
	} else if (config_relaid(&before, &now)) {
		lay_out_anew(s, &now, error);
	} else {
		s->config = now;
		log_setup(s);
		for (size_t i = 0; i < now.warnings.n; i++)
			log_warn(now.warnings.at[i]);
		mark_changed(s, &before);
		config_free(&before);
		log_info("configuration reloaded");
	}
	notify("READY=1");
}

/* Over with the one under way? Whatever else it is now, the next one needn't wait for it. */
static bool replaced(const struct supervisor *s)
{
	const struct child *c = &s->children[s->rolling];
	return child_settled(c) || (c->state == CHILD_STARTING && c->due_ns == NEVER);
}

void roll_step(struct supervisor *s)
{
	if (s->phase != PHASE_RUNNING) {
		s->rolling = -1;
		return;
	}
	if (s->rolling >= 0 && !replaced(s))
		return;
	s->rolling = -1;
	for (int i = 1; i < s->children_n; i++) {
		struct child *c = &s->children[i];
		if (!c->roll)
			continue;
		c->roll = false;
		if (!child_runs(c))
			continue; /* its next start is new anyway */
		s->rolling = i;
		child_event(s, c, EVENT_RESTART);
		return;
	}
}

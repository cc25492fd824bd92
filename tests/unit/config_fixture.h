/* A folder of its own for each test, files in it, and the two ways of reading them: taken or refused. */
#pragma once
#include "config/config.h"
#include "config/table.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECONDS(n) ((n)*INT64_C(1000000000))

static char folder[] = "/tmp/tds-config-XXXXXX", error[CONFIG_ERROR_BYTES], start[4096];
static struct config config, other;

__attribute__((unused)) static void enter(void)
{
	clearenv(); /* which would override the files */
	cr_assert(getcwd(start, sizeof start) != NULL && mkdtemp(folder) != NULL && chdir(folder) == 0 &&
		  mkdir("conf.d", 0700) == 0);
}

__attribute__((unused)) static void leave(void)
{
	char command[64];
	config_free(&config);
	config_free(&other);
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	cr_assert(chdir("/") == 0 && system(command) == 0);
}

__attribute__((unused)) static void put(const char *path, mode_t mode, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	cr_assert(fchmod(fd, mode) == 0 && close(fd) == 0);
}

__attribute__((unused)) static void good(struct config *c, const char *text)
{
	put("tds.conf", 0600, text);
	cr_assert(config_read(c, "tds.conf", error) == 0, "%s: %s", text, error);
}

__attribute__((unused)) static void bad(const char *text, const char *wanted)
{
	put("tds.conf", 0600, text);
	cr_expect(config_read(&config, "tds.conf", error) == -1, "%s is taken", text);
	cr_expect_str_eq(error, wanted);
	cr_expect(config.arena == NULL, "nothing is left to free");
}

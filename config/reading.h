/* What is known while a configuration is being read: where each value came from, so that an error found late still
 * names file and line, and which secrets still wait in files of their own. */
#pragma once
#include "config/table.h"

struct origin {
	const char *file; /* NULL: the default */
	int line;	  /* 0: `file` is an environment variable's name */
};

struct reading {
	struct config *c;
	char *error;
	const char *folder; /* where relative paths start */
	const char *file;   /* being read now */
	struct origin from[PARAMETERS];
	const char *secret_file[PARAMETERS]; /* as written, NULL: none */
	struct origin secret_from[PARAMETERS];
	const char *advised_file; /* that it is open to everyone was said */
};

/* Writes "file:line: key: what" (each part where there is one) and gives -1. */
int reading_refuse(struct reading *, struct origin, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void reading_warn(struct reading *, struct origin, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Takes a value over, a relative path made absolute: 0, or -1 refused. */
int reading_assign(struct reading *, const struct parameter *, struct strings texts, struct origin);
int reading_assign_text(struct reading *, const struct parameter *, const char *text, struct origin);
const char *reading_absolute(struct reading *, const char *path);

/* The steps of config_read, each 0 or -1. */
int reading_file(struct reading *, const char *path);
int reading_folder(struct reading *);
int reading_environment(struct reading *);
int reading_secrets(struct reading *);
int reading_check(struct reading *);
/* Warnings: once all is read; about the file being read, when a secret stands in it. */
void reading_advise(struct reading *);
void reading_advise_mode(struct reading *, const struct parameter *, struct origin);

/* Parts of reading_file: the source text before libconfig sees it; one setting of it as texts. */
int reading_scan(struct reading *, const char *text, size_t n);
struct config_setting_t;
int reading_setting(struct reading *, const struct parameter *, const struct config_setting_t *, struct strings *texts);
int reading_mapping(struct reading *, const struct parameter *, const struct config_setting_t *, struct strings *texts);
/* A setting in the words of an error: 5, "text", a group. */
const char *reading_shown(const struct config_setting_t *, char *room); /* VALUE_TEXT_BYTES */

/* A whole small file, NUL-terminated; NULL and refused at `at` with `key` where it can't be had or is larger. */
enum { FILE_BYTES_MAX = 1 << 20, SECRET_MODE = 04 };
char *reading_slurp(
	struct reading *, const char *path, struct origin at, const char *key, unsigned mode_refused, size_t *n);

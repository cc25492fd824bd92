/* Owns what a predecessor left behind: files it had begun, and files that nothing refers to any more, seen to once, when PostgreSQL is
 * first there; and rows whose file is gone (another machine, a restored backup, a hand), which are fetched again: looked for then,
 * and every sync.images_check. */
#include "actors/zoho_io/image_file.h"
#include "actors/zoho_io/images.h"
#include "ipc/buf.h"
#include "sql_embedded.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_AT_ONCE = 500 };
static const struct db_statement known = {"zoho_images_known", SQL_ZOHO_IMAGES_KNOWN};
static const struct db_statement lost = {"zoho_images_lost", SQL_ZOHO_IMAGES_LOST};

static void ask(struct zoho *z, const char *behind);

/* A file under another suffix than the row's: it was replaced, or never got its row. A record without a row says nothing. */
static void remove_others(int dir, const char *id, const char *file)
{
	char name[IMAGE_NAME_BYTES];
	for (int t = 0; t < IMAGE_TYPES; t++) {
		snprintf(name, sizeof name, "%.*s.%s", IMAGE_ID_BYTES - 1, id, image_types[t].suffix);
		if (strcmp(name, file) != 0)
			image_file_remove(dir, name);
	}
}

static void look(struct zoho *z, const PGresult *rows)
{
	struct buf ids = {0};
	int n = 0;
	for (int i = 0; i < PQntuples(rows); i++) {
		const char *id = PQgetvalue(rows, i, 0), *file = PQgetvalue(rows, i, 1);
		if (!image_id_is_plain(str_of(id)))
			continue;
		if (!z->images.looked_after)
			remove_others(z->images.dir, id, file);
		if (!*file || image_file_exists(z->images.dir, file))
			continue;
		buf_str(&ids, n++ ? "," : "{");
		buf_array_item(&ids, id, strlen(id));
	}
	if (n) {
		buf_str(&ids, "}");
		log_warn("image files are missing; they are fetched again", LF_INT("files", n));
		db_query(z->db, &lost, NULL, NULL, 2, z->actor->config.zoho_organization_id, ids.data);
	}
	buf_free(&ids);
}

static void on_known(void *ctx, const struct db_reply *reply)
{
	struct zoho *z = ctx;
	int n = reply->failure == DB_OK ? PQntuples(reply->results[0]) : 0;
	z->images.looking = reply->failure == DB_OK && n == ROWS_AT_ONCE;
	if (reply->failure == DB_ENVIRONMENT)
		return; /* when it is back */
	if (n)
		look(z, reply->results[0]);
	if (n == ROWS_AT_ONCE)
		ask(z, PQgetvalue(reply->results[0], n - 1, 0));
	else
		z->images.looked_after = true;
}

static void ask(struct zoho *z, const char *behind)
{
	char rows[12];
	snprintf(rows, sizeof rows, "%d", ROWS_AT_ONCE);
	z->images.looking = true;
	z->images.looked_ns = loop_now(z->actor->loop);
	db_query(z->db, &known, on_known, z, 3, z->actor->config.zoho_organization_id, behind, rows);
}

void zoho_images_look_after(struct zoho *z)
{
	if (z->images.looked_after || z->images.dir < 0)
		return;
	int n = image_files_unfinished(z->images.dir);
	if (n)
		log_info("image files that were never finished are removed", LF_INT("files", n));
	ask(z, "");
}

void zoho_images_look_again(struct zoho *z)
{
	if (z->images.looked_after && !z->images.looking && db_up(z->db) &&
		loop_now(z->actor->loop) - z->images.looked_ns > z->actor->config.sync_images_check)
		ask(z, "");
}

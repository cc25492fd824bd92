/* Owns /static/images/products/: files of one directory, by a name of one strict form, read a piece at a time as the client takes
 * them. Nothing here can write there (confine.c). */
#include "actors/images.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "actors/http_ingest/answer.h"
#include "actors/http_ingest/dispatch.h"

enum { PIECE_BYTES = 256 << 10, HEADERS_BYTES = 384, ETAG_BYTES = 64 };

void images_start(struct ingest *in)
{
	in->images = images_open(in->actor->config.tds_data_dir, O_PATH);
}

/* The name has no slash and no dot at its start, so it names an entry of the directory itself; O_NOFOLLOW: and not another
 * place's. */
static int open_image(const struct ingest *in, struct str name, struct stat *about)
{
	char file[IMAGE_NAME_BYTES];
	snprintf(file, sizeof file, "%.*s", (int)name.len, name.data);
	int fd = openat(in->images, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, about) != 0 || !S_ISREG(about->st_mode))) {
		close(fd);
		errno = ENOENT;
		return -1;
	}
	return fd;
}

/* Each version of an image is a file of its own. */
static void etag_of(const struct stat *about, char to[ETAG_BYTES])
{
	snprintf(to, ETAG_BYTES, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"", (uint64_t)about->st_ino,
		(uint64_t)about->st_mtim.tv_sec * 1000000000 + (uint64_t)about->st_mtim.tv_nsec,
		(uint64_t)about->st_size);
}

/* If-None-Match (RFC 9110, 13.1.2): any of the tags, compared weakly, or "*". */
static bool is_known(const struct request *r, const char *etag)
{
	struct str tags = request_header(r, "If-None-Match");
	if (str_eq(tags, "*"))
		return true;
	return tags.len && memmem(tags.data, tags.len, etag, strlen(etag)) != NULL;
}

void own_image(struct request *r)
{
	const struct ingest *in = r->connection->ingest;
	struct str name = path_segment(r->path, 3);
	const struct image_type *type = image_name_type(name);
	struct stat about;
	char etag[ETAG_BYTES], headers[HEADERS_BYTES];
	int fd = type && in->images >= 0 ? open_image(in, name, &about) : -1;
	if (fd < 0) {
		bool broken = type && in->images >= 0 && errno != ENOENT && errno != ELOOP;
		http_refuse(r, broken ? 503 : 404, broken ? "The image can't be read now" : "No such image");
		return;
	}
	etag_of(&about, etag);
	snprintf(headers, sizeof headers,
		"ETag: %s\r\nCache-Control: private, max-age=300\r\nX-Content-Type-Options: nosniff\r\n"
		"Content-Security-Policy: default-src 'none'; sandbox\r\n",
		etag);
	if (is_known(r, etag)) {
		close(fd);
		http_answer(r, &(struct http_answer){.status = 304, .headers = headers});
		return;
	}
	http_answer(r, &(struct http_answer){.status = 200,
			       .type = type->type,
			       .headers = headers,
			       .file = fd,
			       .file_bytes = (size_t)about.st_size});
}

bool image_more(struct request *r)
{
	size_t wanted = r->file_left < PIECE_BYTES ? r->file_left : PIECE_BYTES;
	r->out.n = r->sent = 0;
	http_text_room(&r->out, PIECE_BYTES);
	ssize_t n = read(r->file, r->out.at, wanted);
	if (n <= 0)
		return false;
	r->out.n = (size_t)n;
	r->file_left -= (size_t)n;
	return true;
}

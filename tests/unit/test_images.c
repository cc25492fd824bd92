/* What an image is, what its file may be called, and who may write one. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "actors/runtime.h"
#include "actors/zoho_io/http.h"
#include "actors/zoho_io/image_file.h"
#include "actors/zoho_io/image_kind.h"
#include "actors/zoho_io/reply.h"

static const char jpeg[] = "\xff\xd8\xff\xe0\0\x04XX\xff\xda\0\x02\x12\x34\xff\0\x56\xff\xd9";
static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\x01IHDRx1234\0\0\0\0IEND5678";
static const char gif[] = "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\0\0\0,;";
static const char webp[] = "RIFF\x0c\0\0\0WEBPVP8L\0\0\0\0";

static const char *kind(const void *bytes, size_t length, bool *whole)
{
	const struct image_type *t = zoho_image_kind(bytes, length, whole);
	return t ? t->suffix : "none";
}

Test(images, are_known_by_their_bytes)
{
	bool whole;
	cr_assert_str_eq(kind(jpeg, sizeof jpeg - 1, &whole), "jpg");
	cr_assert(whole);
	cr_assert_str_eq(kind(png, sizeof png - 1, &whole), "png");
	cr_assert(whole);
	cr_assert_str_eq(kind(gif, sizeof gif - 1, &whole), "gif");
	cr_assert(whole);
	cr_assert_str_eq(kind(webp, sizeof webp - 1, &whole), "webp");
	cr_assert(whole);
	cr_assert_str_eq(kind("<svg xmlns='http://www.w3.org/2000/svg'/>", 41, &whole), "none");
	cr_assert_str_eq(kind("RIFF\x0c\0\0\0WAVEfmt ", 16, &whole), "none");
	cr_assert_str_eq(kind("", 0, &whole), "none");
}

/* Cut anywhere, read from memory that ends there: no byte beyond is looked at. */
Test(images, none_cut_short_is_whole)
{
	const struct {
		const char *bytes;
		size_t length;
	} all[] = {{jpeg, sizeof jpeg - 1}, {png, sizeof png - 1}, {webp, sizeof webp - 1}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (size_t n = 0; n < all[i].length; n++) {
			bool whole = false;
			char *copy = malloc(n ? n : 1);
			memcpy(copy, all[i].bytes, n);
			cr_expect(!zoho_image_kind(copy, n, &whole) || !whole, "image %zu of %zu bytes", i, n);
			free(copy);
		}
}

static enum verdict read_reply(long status, const char *type, const char *body, size_t length, struct reply *r)
{
	char copy[256];
	memcpy(copy, body, length);
	zoho_image_reply_read(r, &(struct http_reply){.status = status, .type = type, .body = copy, .length = length});
	return r->verdict;
}

Test(images, content_type_must_agree)
{
	struct reply r;
	cr_assert_eq(read_reply(200, "image/jpeg", jpeg, sizeof jpeg - 1, &r), REPLY_OK);
	cr_assert_eq(read_reply(200, "IMAGE/JPG; x=y", jpeg, sizeof jpeg - 1, &r), REPLY_OK);
	cr_assert_eq(read_reply(200, "", png, sizeof png - 1, &r), REPLY_OK);
	cr_assert_eq(read_reply(200, "application/octet-stream", png, sizeof png - 1, &r), REPLY_OK);
	cr_assert_eq(read_reply(200, "image/png", jpeg, sizeof jpeg - 1, &r), REPLY_REFUSED);
	cr_assert_eq(r.code, CODE_NO_IMAGE);
	cr_assert_eq(read_reply(200, "text/html", png, sizeof png - 1, &r), REPLY_REFUSED);
	cr_assert_eq(read_reply(200, "image/png", "", 0, &r), REPLY_REFUSED);
}

Test(images, no_image_is_zohos_word_alone)
{
	struct reply r;
	const char none[] = "{\"code\":1040,\"message\":\"Image does not exist.\"}",
		   wrong[] = "{\"code\":5,\"message\":\"Invalid URL Passed\"}";
	const char away[] = "{\"code\":44,\"message\":\"slow\"}";
	cr_assert_eq(read_reply(404, "application/json", none, sizeof none - 1, &r), REPLY_NOT_FOUND);
	cr_assert_eq(read_reply(404, "application/json", wrong, sizeof wrong - 1, &r), REPLY_REFUSED);
	cr_assert_eq(read_reply(404, "text/html", "<html>", 6, &r), REPLY_TRANSIENT);
	cr_assert_eq(read_reply(429, "application/json", away, sizeof away - 1, &r), REPLY_LIMITED);
	cr_assert_eq(read_reply(503, "text/html", "<html>", 6, &r), REPLY_TRANSIENT);
	cr_assert_eq(read_reply(200, "application/json", none, sizeof none - 1, &r), REPLY_REFUSED);
}

Test(images, names_lead_nowhere_else)
{
	static const char *const bad[] = {"", ".png", "..png", "../1.png", "1/2.png", "1.svg", "1.html", "1.png.png",
		"1png", "1.PNG", ".new-1.png", "1.png/", "a b.png", "1.", "\xc3\xa9.png"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_null(image_name_type(str_of(bad[i])), "%s", bad[i]);
	cr_expect_null(image_name_type((struct str){"1\0.png", 6}));
	cr_expect_not_null(image_name_type(str_of("3871240000010000302.webp")));
}

static int directory(char path[])
{
	cr_assert_not_null(mkdtemp(path));
	return open(path, O_RDONLY | O_DIRECTORY);
}

Test(images, a_file_is_whole_or_not_there)
{
	char path[] = "/tmp/tds-images-XXXXXX", why[200] = "", back[8] = "";
	int dir = directory(path);
	cr_assert(image_file_put(dir, "1.png", "first", 5, why, sizeof why));
	cr_assert(image_file_put(dir, "1.png", "second", 6, why, sizeof why));
	int fd = openat(dir, "1.png", O_RDONLY);
	cr_assert_eq(read(fd, back, sizeof back), 6);
	cr_assert(image_file_exists(dir, "1.png") && !image_file_exists(dir, "2.png"));
	cr_assert_not(image_file_put(dir, "no/such.png", "x", 1, why, sizeof why));
	cr_assert(strstr(why, "No such file"));
	close(openat(dir, ".new-2.png", O_CREAT | O_WRONLY, 0600));
	cr_assert_eq(image_files_unfinished(dir), 1);
	cr_assert(image_file_remove(dir, "1.png") && image_file_remove(dir, "1.png"));
	cr_assert_eq(rmdir(path), 0, "nothing else is there");
}

/* In a child, since it is for good. (A kernel without Landlock leaves that to owners and modes.) */
Test(images, nobody_writes_but_where_he_said)
{
	char mine[] = "/tmp/tds-images-XXXXXX", other[] = "/tmp/tds-images-XXXXXX", why[200];
	int dir = directory(mine), beside = directory(other);
	bool kept, guarded;
	pid_t pid = fork();
	if (pid == 0) {
		cr_assert_eq(chdir(mine), 0);
		actor_keeps_files_in(dir);
		confine();
		kept = image_file_put(dir, "1.png", "x", 1, why, sizeof why) && image_file_remove(dir, "1.png");
		guarded = !image_file_put(beside, "1.png", "x", 1, why, sizeof why) && open("/etc/hosts", O_RDWR) < 0;
		_exit((kept ? 0 : 1) + (guarded ? 0 : 2));
	}
	int status = 0;
	waitpid(pid, &status, 0);
	unlinkat(beside, "1.png", 0);
	rmdir(mine);
	rmdir(other);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2 &&
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0)
		cr_skip_test("no Landlock here");
	cr_assert_eq(status, 0);
}

/* Owns pictures in the other forms that Zoho keeps, and pictures that are none: all as small as their form allows, with the seed
 * in a comment, so that each document's bytes differ. */
#include "image_forms.h"

#include <string.h>

#include "image.h"

/* ITU T.81: 8 by 8 grey pixels, every quantizer 1, two Huffman tables of one code each. */
static void jpeg(struct text *out, const char *seed)
{
	static const char quantizers[] = "\xff\xdb\0\x43\0";
	static const char frame[] = "\xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0";
	static const char codes[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	static const char scan[] = "\xff\xda\0\x08\x01\x01\0\0\x3f\0\x3f\xff\xd9";
	char length[2] = {0, (char)(strlen(seed) + 2)}, one = 1;
	int i;

	text_append(out, "\xff\xd8\xff\xfe", 4);
	text_append(out, length, 2);
	text_puts(out, seed);
	text_append(out, quantizers, 5);
	for (i = 0; i < 64; i++)
		text_append(out, &one, 1);
	text_append(out, frame, sizeof frame - 1);
	for (i = 0; i < 2; i++) {
		text_append(out, "\xff\xc4\0\x14", 4);
		text_append(out, i ? "\x10\x01" : "\0\x01", 2);
		text_append(out, codes, 16); /* none of the other fifteen lengths, and the one symbol, 0 */
	}
	text_append(out, scan, sizeof scan - 1);
}

/* GIF89a: one pixel and a comment. */
static void gif(struct text *out, const char *seed)
{
	char length = (char)strlen(seed);

	text_append(out, "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xfe", 21);
	text_append(out, &length, 1);
	text_puts(out, seed);
	text_append(out, "\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;", 17);
}

/* RIFF: one lossless pixel, and a chunk that no reader knows. */
static void webp(struct text *out, const char *seed)
{
	size_t length = strlen(seed), padded = length + (length & 1);
	char sizes[2] = {(char)(4 + 8 + 14 + 8 + padded), (char)length};

	text_append(out, "RIFF", 4);
	text_append(out, sizes, 1);
	text_append(out, "\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0seed", 33);
	text_append(out, sizes + 1, 1);
	text_append(out, "\0\0\0", 3);
	text_append(out, seed, padded); /* a C string's end pads it */
}

const char *image_of(struct text *out, const char *type, const char *seed)
{
	if (!strcmp(type, "jpg") || !strcmp(type, "jpeg"))
		jpeg(out, seed);
	else if (!strcmp(type, "gif"))
		gif(out, seed);
	else if (!strcmp(type, "webp"))
		webp(out, seed);
	else
		image_png(out, seed);
	return !strcmp(type, "jpg") || !strcmp(type, "jpeg") ? "image/jpeg"
	       : !strcmp(type, "gif")			     ? "image/gif"
	       : !strcmp(type, "webp")			     ? "image/webp"
							     : "image/png";
}

static void enlarge(struct text *reply, size_t to)
{
	static const char nothing[4096] = {0};

	while (reply->length < to)
		text_append(reply, nothing, sizeof nothing);
}

void image_spoil(struct request *request, const char *how)
{
	if (!strcmp(how, "empty")) {
		text_clear(&request->reply);
	} else if (!strcmp(how, "cut")) { /* in a message that is complete */
		request->reply.length = request->reply.length / 2;
	} else if (!strcmp(how, "type")) {
		request->content_type = strcmp(request->content_type, "image/gif") ? "image/gif" : "image/png";
	} else if (!strcmp(how, "untyped")) {
		request->content_type = "application/octet-stream";
	} else if (!strcmp(how, "svg")) {
		text_clear(&request->reply);
		text_puts(&request->reply, "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>");
		request->content_type = "image/svg+xml";
	} else if (!strcmp(how, "html")) {
		text_clear(&request->reply);
		text_puts(&request->reply, "<!DOCTYPE html><html><body><script>alert(1)</script></body></html>");
	} else if (!strcmp(how, "large")) {
		enlarge(&request->reply, 20u << 20);
	}
}

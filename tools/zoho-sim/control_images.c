/* Owns /_sim/images: what the picture of each item is, so that a checker can compare files with it. */
#include "control_images.h"

#include <string.h>

#include "checksum.h"
#include "control.h"
#include "image_forms.h"
#include "record_json.h"
#include "store.h"

static void describe(struct text *out, const struct record *record, const char *document, const char *separator)
{
	struct text picture = {0};
	uint8_t digest[SHA256_BYTES];
	size_t i;
	const char *type = image_of(&picture, get_text(record->values, "image_type"), document);

	sha256(picture.data, picture.length, digest);
	text_printf(out, "%s{\"id\":\"%s\",\"document_id\":", separator, record->id);
	text_json_string(out, document);
	text_printf(out, ",\"type\":\"%s\",\"bytes\":%zu,\"sha256\":\"", type, picture.length);
	for (i = 0; i < sizeof digest; i++)
		text_printf(out, "%02x", digest[i]);
	text_puts(out, "\"}");
	text_free(&picture);
}

void control_images(struct request *request)
{
	const struct entity *items = entity_by_name("product");
	const char *separator = "", *document;
	struct record *record;
	size_t i;

	text_puts(&request->reply, "{\"images\":[");
	store_lock();
	for (i = 0; i < store_count(items); i++) {
		record = store_at(items, i);
		document = get_text(record->values, "image_document_id");
		if (record->deleted || !*document)
			continue;
		describe(&request->reply, record, document, separator);
		separator = ",";
	}
	store_unlock();
	text_puts(&request->reply, "]}");
}

/* Reads msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md) with every header checked against the bytes
 * left: msgpack-c's own unpacker reserves memory by what a five-byte header claims. */
#include "ipc/message_frame.h"

static bool take_number(struct frame *f, size_t width, uint64_t *value)
{
	if ((size_t)(f->end - f->at) < width)
		return false;
	*value = 0;
	for (size_t i = 0; i < width; i++)
		*value = *value << 8 | *f->at++;
	return true;
}

static bool take_unsigned(struct frame *f, struct frame_item *item, size_t width)
{
	item->kind = FRAME_UNSIGNED;
	return take_number(f, width, &item->number);
}

static bool take_signed(struct frame *f, struct frame_item *item, size_t width)
{
	if (!take_number(f, width, &item->number))
		return false;
	uint64_t sign = UINT64_C(1) << (width * 8 - 1);
	item->kind = item->number & sign ? FRAME_NEGATIVE : FRAME_UNSIGNED;
	item->number = (item->number ^ sign) - sign; /* extends the sign */
	return true;
}

static bool take_body(struct frame *f, struct frame_item *item, enum frame_kind kind, uint64_t length)
{
	if ((uint64_t)(f->end - f->at) < length)
		return false;
	*item = (struct frame_item){kind, length, f->at};
	f->at += length;
	return true;
}

/* `width` bytes say how long the body is. */
static bool take_sized(struct frame *f, struct frame_item *item, enum frame_kind kind, size_t width)
{
	uint64_t length;
	return take_number(f, width, &length) && take_body(f, item, kind, length);
}

static bool take_array(struct frame *f, struct frame_item *item, uint64_t count)
{
	*item = (struct frame_item){FRAME_ARRAY, count, NULL};
	return count <= (uint64_t)(f->end - f->at); /* an element has at least one byte */
}

static bool take_short(struct frame *f, struct frame_item *item, uint8_t head)
{
	if (head < 0x80 || head >= 0xe0) {
		bool negative = head >= 0xe0;
		*item = (struct frame_item){
			negative ? FRAME_NEGATIVE : FRAME_UNSIGNED, (uint64_t)(int64_t)(int8_t)head, NULL};
		return true;
	}
	if ((head & 0xf0) == 0x90)
		return take_array(f, item, head & 0x0f);
	if ((head & 0xe0) == 0xa0)
		return take_body(f, item, FRAME_TEXT, head & 0x1f);
	return false;
}

bool frame_take(struct frame *f, struct frame_item *item)
{
	uint64_t count;
	*item = (struct frame_item){0};
	if (f->at == f->end)
		return false;
	uint8_t head = *f->at++;
	switch (head) {
	case 0xc0:
		return true;
	case 0xc2:
	case 0xc3:
		*item = (struct frame_item){FRAME_FLAG, head & 1, NULL};
		return true;
	case 0xc4:
	case 0xc5:
	case 0xc6:
		return take_sized(f, item, FRAME_BYTES, (size_t)1 << (head - 0xc4));
	case 0xcc:
	case 0xcd:
	case 0xce:
	case 0xcf:
		return take_unsigned(f, item, (size_t)1 << (head - 0xcc));
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
		return take_signed(f, item, (size_t)1 << (head - 0xd0));
	case 0xd9:
	case 0xda:
	case 0xdb:
		return take_sized(f, item, FRAME_TEXT, (size_t)1 << (head - 0xd9));
	case 0xdc:
	case 0xdd:
		return take_number(f, (size_t)2 << (head - 0xdc), &count) && take_array(f, item, count);
	default:
		return take_short(f, item, head);
	}
}

static bool walk_list(struct frame *f, uint64_t count)
{
	struct frame_item item;
	for (uint64_t i = 0; i < count; i++)
		if (!frame_take(f, &item) || item.kind != FRAME_UNSIGNED)
			return false;
	return true;
}

bool frame_walk(const void *frame, size_t length, uint64_t fields, uint64_t list_max)
{
	struct frame f = {frame, (const uint8_t *)frame + length};
	struct frame_item item;
	if (!frame_take(&f, &item) || item.kind != FRAME_ARRAY || item.number != fields)
		return false;
	for (uint64_t i = 0; i < fields; i++) {
		if (!frame_take(&f, &item))
			return false;
		if (item.kind == FRAME_ARRAY && (item.number > list_max || !walk_list(&f, item.number)))
			return false;
	}
	return f.at == f.end;
}

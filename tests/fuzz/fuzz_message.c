/* Fuzzes the decoder of every message: the first byte names the type, the rest is the frame. What decodes must encode
 * again and come out the same; nothing may be read outside the frame. Build with -fsanitize=fuzzer,address; or with
 * -DSTANDALONE for a program that runs the files named on its command line. */
#include "ipc/message.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static __attribute__((noreturn)) void fail(enum message_type type, const char *what)
{
	fprintf(stderr, "fuzz_message: %s: %s\n", message_name(type), what);
	abort();
}

/* Every byte that a decoded message points at is there: encoding reads them all. */
static void check(enum message_type type, const union message *m)
{
	static struct message_scratch again_scratch;
	union message again;
	size_t most = message_size_max(type, m);
	uint8_t *first = malloc(most), *second = malloc(most);
	if (!first || !second)
		abort();
	size_t length = message_encode(type, m, first, most);
	if (length == 0)
		fail(type, "decoded, but doesn't encode");
	if (!message_decode(type, first, length, &again, &again_scratch))
		fail(type, "encoded, but doesn't decode");
	if (message_encode(type, &again, second, most) != length || memcmp(first, second, length) != 0)
		fail(type, "comes out another");
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct message_scratch scratch;
	static union message m;
	if (size == 0)
		return 0;
	enum message_type type = data[0] % (MSG_N + 1);
	uint8_t *frame = malloc(size > 1 ? size - 1 : 1); /* exact: a read beyond it is seen */
	if (!frame)
		abort();
	memcpy(frame, data + 1, size - 1);
	if (message_decode(type, frame, size - 1, &m, &scratch))
		check(type, &m);
	free(frame);
	return 0;
}

#ifdef STANDALONE
static void run_file(const char *name)
{
	static uint8_t bytes[1 << 20];
	FILE *f = fopen(name, "rb");
	if (!f) {
		perror(name);
		exit(1);
	}
	size_t n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	LLVMFuzzerTestOneInput(bytes, n);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	printf("fuzz_message: %d inputs, no crash\n", argc - 1);
	return 0;
}
#endif

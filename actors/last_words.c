/* Last words: what a dying actor writes into its slot, so that the obituary can say more than a signal's number. Only
 * async-signal-safe means are used. */
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include "actors/runtime.h"

static struct slot *mine;

static char *put(char *p, const char *end, const char *z)
{
	while (*z && p < end)
		*p++ = *z++;
	return p;
}

static char *put_hex(char *p, const char *end, uintptr_t v)
{
	p = put(p, end, "0x");
	for (int shift = 60; shift >= 0 && p < end; shift -= 4)
		if (v >> shift || shift == 0)
			*p++ = "0123456789abcdef"[(v >> shift) & 15];
	return p;
}

static void on_fatal(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	char *p = mine->words, *end = mine->words + sizeof mine->words - 1;
	/* Words that an assertion left stay; the signal is appended. */
	p += strnlen(mine->words, sizeof mine->words - 1);
	p = put(p, end, p == mine->words ? "" : "; ");
	p = put(p, end, sigabbrev_np(sig) ? sigabbrev_np(sig) : "signal");
	p = put(p, end, " at ");
	p = put_hex(p, end, (uintptr_t)info->si_addr);
#if defined(__x86_64__)
	p = put(p, end, ", ip ");
	p = put_hex(p, end, (uintptr_t)uc->uc_mcontext.gregs[REG_RIP]);
#else
	(void)uc;
#endif
	*p = 0;
	signal(sig, SIG_DFL);
	raise(sig);
}

void last_words_install(struct slot *slot)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	mine = slot;
	memset(mine->words, 0, sizeof mine->words);
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		sigaction(fatal[i],
			&(struct sigaction){.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | (int)SA_RESETHAND},
			NULL);
}

/* What TDS_FAULT may say and what it then does. */
#include "ipc/seam.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

static int calls_made;

static int call(void)
{
	calls_made++;
	return 7;
}

Test(seam, unarmed_it_lets_everything_happen)
{
	cr_assert(seam_arm(NULL, "dispatcher") && !seam_armed);
	cr_assert(seam_arm("", "dispatcher") && !seam_armed);
	cr_assert(SEAM_CALL(WRITE, call()) == 7 && calls_made == 1);
}

Test(seam, the_nth_call_fails_instead_of_happening)
{
	cr_assert(seam_arm("write:2:ENOSPC", ""));
	cr_assert(SEAM_CALL(WRITE, call()) == 7);
	cr_assert(SEAM_CALL(WRITE, call()) == -1 && errno == ENOSPC && calls_made == 1);
	cr_assert(SEAM_CALL(WRITE, call()) == 7 && calls_made == 2);
}

Test(seam, with_a_plus_every_call_from_the_nth_on_fails)
{
	cr_assert(seam_arm("fsync:2+:EIO", ""));
	cr_assert(seam_hit(SEAM_FSYNC) == 0);
	for (int i = 0; i < 5; i++)
		cr_assert(seam_hit(SEAM_FSYNC) == EIO);
}

Test(seam, each_point_counts_for_itself_and_may_have_several_faults)
{
	cr_assert(seam_arm("recv:1:EIO,recv:3:ECONNRESET,send:2:EPIPE", ""));
	cr_assert(seam_hit(SEAM_RECV) == EIO && seam_hit(SEAM_SEND) == 0 && seam_hit(SEAM_RECV) == 0);
	cr_assert(seam_hit(SEAM_SEND) == EPIPE && seam_hit(SEAM_RECV) == ECONNRESET);
}

Test(seam, arming_again_forgets_what_was)
{
	cr_assert(seam_arm("recv:1:EIO", "") && seam_hit(SEAM_RECV) == EIO);
	cr_assert(seam_arm("recv:1:EPERM", "") && seam_hit(SEAM_RECV) == EPERM);
	cr_assert(seam_arm("", "") && !seam_armed && seam_hit(SEAM_RECV) == 0);
}

Test(seam, a_fault_can_be_meant_for_one_actor_or_for_all_of_a_kind)
{
	static const char *const spec = "dispatcher/recv:1:EIO";
	cr_assert(seam_arm(spec, "dispatcher") && seam_armed);
	cr_assert(seam_arm(spec, "healer") && !seam_armed);
	cr_assert(seam_arm(spec, "dispatch") && !seam_armed);
	cr_assert(seam_arm(spec, "") && seam_armed);
	cr_assert(seam_arm("handler/recv:1:EIO", "handler:product") && seam_armed);
	cr_assert(seam_arm("handler:product/recv:1:EIO", "handler:product") && seam_armed);
	cr_assert(seam_arm("handler:product/recv:1:EIO", "handler:bill") && !seam_armed);
}

Test(seam, every_point_can_be_named)
{
	static const char *const names[] = {
#define SEAM(id, name) name,
#include "ipc/seam.def"
#undef SEAM
	};
	for (int i = 0; i < SEAM_N; i++) {
		char spec[64];
		snprintf(spec, sizeof spec, "%s:1:EACCES", names[i]);
		cr_assert(seam_arm(spec, "") && seam_hit((enum seam_point)i) == EACCES, "%s", spec);
	}
}

static const char *const wrong[] = {"recv", "recv:1", "recv:1:", "recv::EIO", "recv:0:EIO", "recv:-1:EIO", "recv:x:EIO",
	"recv:1x:EIO", "recv:1++:EIO", "recv:1:EWHAT", "recv:1:eio", "recv:1:5", "rec:1:EIO", ":1:EIO",
	"recv:1:EIO:", "recv:1:EIO,,send:1:EIO", ",", "recv:99999999999999999999999:EIO", " recv:1:EIO",
	"healer/nonsense:1:EIO"};

Test(seam, what_cannot_be_parsed_is_refused_whoever_it_is_meant_for, .init = cr_redirect_stderr)
{
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_assert(!seam_arm(wrong[i], "dispatcher") && !seam_armed, "\"%s\"", wrong[i]);
	cr_assert(!seam_arm("recv:1:EIO,nonsense", "") && !seam_armed && seam_hit(SEAM_RECV) == 0);
	fflush(stderr);
	cr_assert_neq(fgetc(cr_get_redirected_stderr()), EOF);
}

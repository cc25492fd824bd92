/* Who may send webhooks: the signatures' test vectors, rotation, and one answer for every cause. */
#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <time.h>
#include "actors/http_ingest/webhook.h"

static struct http_arena arena;
static struct actor actor;
static struct ingest ingest = {.actor = &actor};
static struct request request;
static struct http_header headers[8];

static bool authentic(void)
{
	bool verified;

	return webhook_authentic(&ingest, &request, &verified);
}

static void header(const char *name, const char *value)
{
	request.headers = headers;
	headers[request.headers_n++] = (struct http_header){str_of(name), str_of(value)};
}

static void body(const char *text)
{
	request.body = (char *)text;
	request.body_n = strlen(text);
}

static char *secrets[] = {"former", "mysecretkey12"};

Test(webhook_auth, zoho_signs_as_its_documents_say)
{
	char hex[65];

	webhook_zoho_signature(STR("mysecretkey12"), STR("subscription_id=90343&name=basic"),
		STR("{\"created_date\":\"2019-03-06\",\"event_id\":\"5675\"}"), false, &arena, hex);
	cr_assert_str_eq(hex, "ec0357bb87b946f9b88f3d80899810913dfbc310ada921e1d1e25575d5f63ee9");
	webhook_zoho_signature(STR("mysecretkey12"), (struct str){0}, STR("{\"test\":true}"), false, &arena, hex);
	cr_assert_str_eq(hex, "beeba5fe977923913952d4d245be79be8daaea0e1d7c2785731491518b098653");
}

Test(webhook_auth, nothing_configured_lets_all_in)
{
	cr_assert(authentic());
}

Test(webhook_auth, any_of_several_secrets_will_do)
{
	actor.config.webhook_signature_secrets = (struct strings){secrets, 2};
	body("{\"test\":true}");
	cr_assert(!authentic());
	header("X-Zoho-Webhook-Signature", "beeba5fe977923913952d4d245be79be8daaea0e1d7c2785731491518b098653");
	cr_assert(authentic());
	request.query = STR("event=deleted"); /* not what was signed */
	cr_assert(!authentic());
}

Test(webhook_auth, a_signature_covers_only_keys_that_mean_something)
{
	char hex[65];

	actor.config.webhook_signature_secrets = (struct strings){secrets, 2};
	body("{}");
	request.query = STR("event=deleted");
	webhook_zoho_signature(STR("former"), request.query, STR("{}"), false, &arena, hex);
	header("X-Zoho-Webhook-Signature", hex);
	cr_assert(authentic());
	request.query = STR("eventdel=eted"); /* the same text once the pairs are joined */
	cr_assert(!authentic());
	request.query = STR("event=deleted&event=");
	cr_assert(!authentic());
}

Test(webhook_auth, a_key_is_compared_whole_and_once)
{
	actor.config.webhook_keys = (struct strings){secrets, 2};
	cr_assert(!authentic());
	header("X-Webhook-Key", "mysecretkey1");
	cr_assert(!authentic());
	headers[0].value = STR("former");
	cr_assert(authentic());
	header("X-Webhook-Key", "former");
	cr_assert(!authentic());
}

Test(webhook_auth, one_good_way_does_not_excuse_a_bad_one)
{
	actor.config.webhook_keys = (struct strings){secrets, 1};
	actor.config.webhook_hmac_secrets = (struct strings){secrets + 1, 1};
	body("{}");
	header("X-Webhook-Key", "former");
	cr_assert(authentic());
	header("X-Zoho-Signature", "00");
	cr_assert(!authentic());
}

Test(webhook_auth, the_plain_signature_covers_the_body)
{
	actor.config.webhook_hmac_secrets = (struct strings){secrets + 1, 1};
	body("{\"test\":true}");
	header("X-Zoho-Signature", "BEEBA5FE977923913952D4D245BE79BE8DAAEA0E1D7C2785731491518B098653");
	cr_assert(authentic());
	body("{\"test\":false}");
	cr_assert(!authentic());
}

static const char *standard_signature(const char *stamp)
{
	static char value[80];
	char text[128];
	unsigned char digest[32];

	snprintf(text, sizeof text, "msg_1.%s.{}", stamp);
	HMAC(EVP_sha256(), "hello world!", 12, (unsigned char *)text, strlen(text), digest, NULL);
	strcpy(value, "v1,bm9uZQ== v1,");
	EVP_EncodeBlock((unsigned char *)value + 15, digest, 32);
	return value;
}

Test(webhook_auth, standard_webhooks_are_recent_and_signed)
{
	static char *standard[] = {"whsec_aGVsbG8gd29ybGQh"};
	char now[24], old[24];

	actor.config.webhook_standard_secrets = (struct strings){standard, 1};
	actor.config.webhook_timestamp_tolerance = INT64_C(300000000000);
	snprintf(now, sizeof now, "%lld", (long long)time(NULL));
	snprintf(old, sizeof old, "%lld", (long long)time(NULL) - 400);
	body("{}");
	header("webhook-id", "msg_1");
	header("webhook-timestamp", now);
	header("webhook-signature", standard_signature(now));
	cr_assert(authentic());
	headers[1].value = str_of(old);
	headers[2].value = str_of(standard_signature(old));
	cr_assert(!authentic());
}

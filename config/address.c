/* Owns what an address or a URL in the configuration may look like, and which of them only this machine can reach. */
#include "config/address.h"
#include "config/units.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

static bool copy(char host[ADDRESS_HOST_BYTES], const char *from, size_t n)
{
	if (n == 0 || n >= ADDRESS_HOST_BYTES)
		return false;
	memcpy(host, from, n);
	host[n] = '\0';
	return true;
}

static bool port_parse(const char *text, uint16_t *port)
{
	int64_t n;
	if (text[0] == '-' || !integer_parse(text, &n) || n > UINT16_MAX)
		return false;
	*port = (uint16_t)n;
	return true;
}

/* Up to the end of the host; "[v6]" without its brackets. NULL: no host there. */
static const char *take_host(const char *text, const char *stops, char host[ADDRESS_HOST_BYTES])
{
	struct in6_addr v6;
	if (text[0] == '[') {
		const char *end = strchr(text, ']');
		bool good = end != NULL && copy(host, text + 1, (size_t)(end - text - 1));
		return good && inet_pton(AF_INET6, host, &v6) == 1 ? end + 1 : NULL;
	}
	size_t n = strcspn(text, stops);
	return copy(host, text, n) ? text + n : NULL;
}

bool address_parse(const char *text, char host[ADDRESS_HOST_BYTES], uint16_t *port)
{
	struct in_addr v4;
	const char *rest = take_host(text, ":", host);
	if (rest == NULL || rest[0] != ':' || !port_parse(rest + 1, port))
		return false;
	return text[0] == '[' || strcmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &v4) == 1;
}

bool address_loopback(const char *host)
{
	enum { v4_loopback = 127 };
	struct in_addr v4;
	struct in6_addr v6;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == v4_loopback;
	if (inet_pton(AF_INET6, host, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == v4_loopback);
	return strcmp(host, "localhost") == 0;
}

static bool name_good(const char *host)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	return host[strspn(host, letters)] == '\0';
}

bool url_parse(const char *url, bool *tls, char host[ADDRESS_HOST_BYTES], bool *path)
{
	uint16_t port;
	char digits[sizeof "65535"];
	*tls = strncmp(url, "https://", strlen("https://")) == 0;
	if (!*tls && strncmp(url, "http://", strlen("http://")) != 0)
		return false;
	const char *start = url + (*tls ? strlen("https://") : strlen("http://"));
	const char *rest = take_host(start, ":/", host);
	if (rest == NULL || (start[0] != '[' && !name_good(host)))
		return false;
	if (rest[0] == ':') {
		size_t n = strcspn(rest + 1, "/");
		if (n == 0 || n >= sizeof digits)
			return false;
		memcpy(digits, rest + 1, n);
		digits[n] = '\0';
		if (!port_parse(digits, &port) || port == 0)
			return false;
		rest += 1 + n;
	}
	*path = rest[0] == '/';
	return (*path || rest[0] == '\0') && strpbrk(rest, "?#@ \\") == NULL;
}

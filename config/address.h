/* Addresses as the configuration writes them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { ADDRESS_HOST_BYTES = 256 };

/* "127.0.0.1:8000", "[::1]:8000", "localhost:8000" → host (without brackets) and port; port 0: any free one. */
bool address_parse(const char *text, char host[ADDRESS_HOST_BYTES], uint16_t *port);
/* 127.0.0.0/8, ::1, localhost */
bool address_loopback(const char *host);
/* "https://host", with or without port and path, without user, query and fragment. `path`: whether one follows. */
bool url_parse(const char *url, bool *tls, char host[ADDRESS_HOST_BYTES], bool *path);

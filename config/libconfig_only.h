/* libconfig's header beside ours: it declares a config_read of its own, which nothing here calls. */
#pragma once
#define config_read libconfig_config_read
#include <libconfig.h>
#undef config_read

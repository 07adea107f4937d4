/* Which system calls a plugin host may make: for plugin/sandbox.c. */
#ifndef LINLI_SANDBOX_INTERNAL_H
#define LINLI_SANDBOX_INTERNAL_H

#include <seccomp.h>

#include "base/base.h"

/* Adds what is allowed while plugins are loaded, or afterwards. What is not named kills. */
bool sandbox_allow(scmp_filter_ctx filter, bool loading, int channel,
                   struct error *error) MUST_CHECK;

#endif

/* Which files a plugin host may read, while it loads: for plugin/sandbox.c. */
#ifndef LINLI_SANDBOX_FILES_H
#define LINLI_SANDBOX_FILES_H

#include "base/base.h"

/* Nothing but the system's libraries, by Landlock. Where the kernel has none: false if `needed`. */
bool sandbox_enter_files(bool needed, struct error *error) MUST_CHECK;

#endif

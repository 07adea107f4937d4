/*
 * The walls around a plugin host, put up by the host itself: first what loading a shared object
 * needs, since a constructor runs there already; then, once the plugin has started, memory, the
 * clock, the channel and the end. The host's one thread; none of this can be undone.
 */
#ifndef LINLI_SANDBOX_H
#define LINLI_SANDBOX_H

#include "base/base.h"

struct sandbox; /* the second filter, made before any of the plugin's code could run */

struct sandbox_wishes {
    int64_t memory;  /* bytes beyond what the process has by now */
    int channel;     /* the one descriptor that stays */
    int first_image; /* descriptors from here on stay until it is closed */
    unsigned images;
    bool landlock_needed;
    int server; /* process id of the parent: when it ends, so does this process */
};

/* Limits, an account without rights where there is a choice, no way to more; then files (Landlock)
 * and system calls. False: nothing may be loaded; the process ends. */
bool sandbox_enter(const struct sandbox_wishes *wishes, struct sandbox **sandbox,
                   struct error *error) MUST_CHECK;
/* No files and no descriptors but the channel. */
bool sandbox_close(const struct sandbox *sandbox, struct error *error) MUST_CHECK;

/* Version of the kernel's Landlock; 0: it has none, or it is switched off. Any process. */
int sandbox_landlock(void);

#endif

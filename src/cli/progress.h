/*
 * How far something is that takes long: one line on a terminal, written over and over; nothing
 * where stderr is a file or a pipe.
 */
#ifndef LINLI_CLI_PROGRESS_H
#define LINLI_CLI_PROGRESS_H

#include "base/base.h"

struct progress {
    bool terminal;
    int64_t shown_us;
};

struct progress progress_new(void);
/* `total` 0: how much it will be is not known. At most ten times a second. */
void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t total);
/* Takes the line away. */
void progress_end(const struct progress *progress);

#endif

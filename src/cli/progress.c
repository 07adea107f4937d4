#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define SHOW_EVERY_US (100 * INT64_C(1000))

struct progress progress_new(void)
{
    return (struct progress){.terminal = isatty(STDERR_FILENO)};
}

void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t total)
{
    int64_t now_us = clock_monotonic_us();

    if (!progress->terminal || now_us - progress->shown_us < SHOW_EVERY_US)
        return;
    progress->shown_us = now_us;
    if (total > 0)
        fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 " (%.0f%%)\033[K", what, done, total,
                done < total ? 100.0 * (double)done / (double)total : 100.0);
    else
        fprintf(stderr, "\r%s: %" PRIu64 "\033[K", what, done);
}

void progress_end(const struct progress *progress)
{
    if (progress->terminal)
        fputs("\r\033[K", stderr);
}

/*
 * Preloaded into `linli` by tests that travel in time (clock.py): its wall clock is ahead by as
 * many microseconds as stand in a file that the test writes. Durations and deadlines, which are
 * monotonic, stay as they are; so does every other program's clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *ahead_us; /* NULL: not ours to shift */

__attribute__((constructor)) static void map_file(void)
{
    const char *path = getenv("CLOCK_SHIFT_FILE");
    int file = path && strcmp(program_invocation_short_name, "linli") == 0
                   ? open(path, O_RDONLY | O_CLOEXEC)
                   : -1;
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_SHARED, file, 0);

    if (mapped != MAP_FAILED)
        ahead_us = mapped;
    if (file >= 0)
        close(file);
}

int clock_gettime(clockid_t which, struct timespec *out)
{
    int failed = (int)syscall(SYS_clock_gettime, which, out);

    if (failed || !ahead_us || (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE))
        return failed;
    int64_t nanoseconds = out->tv_nsec + *ahead_us % 1000000 * 1000;
    out->tv_sec += *ahead_us / 1000000 + nanoseconds / 1000000000;
    out->tv_nsec = nanoseconds % 1000000000;
    return 0;
}

/*
 * What mariadbd says, bounded. It keeps its log open as long as it lives, longer perhaps than we
 * do, so that the file cannot be taken from under it: its content is copied away and it is cut to
 * nothing. It was opened to append, so that mariadbd goes on at the new end. A line written between
 * copy and cut is lost; the reasons for an end are read long before there are that many lines.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/embedded_internal.h"

static int open_log(const struct embedded *embedded, const char *name, int flags)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", embedded->state_dir, name);
    return open(path, flags | O_CREAT | O_CLOEXEC, 0600);
}

int log_open(const struct embedded *embedded)
{
    return open_log(embedded, "db.log", O_WRONLY | O_APPEND);
}

/* The last LOG_MOST bytes: what ran wild for weeks before there was a bound need not be kept. */
static bool copy_end(int from, off_t size, int to)
{
    off_t at = size > LOG_MOST ? size - LOG_MOST : 0;

    while (at < size) {
        ssize_t copied = sendfile(to, from, &at, (size_t)(size - at));
        if (copied <= 0)
            return false;
    }
    return true;
}

void log_rotate(const struct embedded *embedded)
{
    int file = open_log(embedded, "db.log", O_RDWR);
    struct stat about;
    int kept;

    if (file < 0)
        return;
    if (fstat(file, &about) == 0 && about.st_size > LOG_MOST) {
        kept = open_log(embedded, "db.log.1", O_WRONLY | O_TRUNC);
        bool copied = kept >= 0 && copy_end(file, about.st_size, kept);
        bool cut = ftruncate(file, 0) == 0; /* also when the disk is too full for a copy */
        LOG(INFO, "embedded.log_rotated", LOG_INT("bytes", about.st_size), LOG_INT("kept", copied),
            LOG_INT("cut", cut));
        if (kept >= 0)
            close(kept);
    }
    close(file);
}

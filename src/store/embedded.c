#include "store/embedded.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "store/embedded_internal.h"

#define FIRST_PAUSE_MS 100
#define MOST_PAUSE_MS  5000
#define LOG_LOOK_MS    (60 * 1000)

const struct config_entry embedded_config[] = {
    {.name = "state_dir",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct embedded_options, state_dir),
     .initial = "state",
     .help = "where Linli keeps its files: the embedded database in db/, its log in db.log"},
    {.name = "database.server",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct embedded_options, server),
     .initial = "",
     .help = "path of mariadbd for the embedded database; empty: the usual places"},
    {.name = "database.buffer_pool",
     .type = CONFIG_SIZE,
     .offset = offsetof(struct embedded_options, buffer_pool),
     .initial = "256M",
     .min = 8 * 1024 * 1024,
     .max = INT64_MAX,
     .help = "memory in which the embedded database keeps its pages"},
    {0},
};

static void lock(int fd, int operation)
{
    while (flock(fd, operation) != 0)
        ASSERT(errno == EINTR);
}

/* Unless another process is at it, which then starts or stops a server, or does this. */
static void rotate_log(const struct embedded *embedded)
{
    if (flock(embedded->lock, LOCK_EX | LOCK_NB) != 0)
        return;
    log_rotate(embedded);
    lock(embedded->lock, LOCK_UN);
}

/* Waits for the server's end or for `wake`, and looks after its log meanwhile; true when the server
 * has ended. */
static bool wait_for_end(const struct embedded *embedded)
{
    struct pollfd waits[] = {{.fd = embedded->server, .events = POLLIN},
                             {.fd = embedded->wake, .events = POLLIN}};
    int changed;

    while ((changed = poll(waits, ARRAY_LENGTH(waits), LOG_LOOK_MS)) <= 0) {
        ASSERT(changed == 0 || errno == EINTR);
        if (changed == 0)
            rotate_log(embedded);
    }
    return waits[1].revents == 0;
}

/* True when the watcher shall end. */
static bool pause_watch(const struct embedded *embedded, int pause_ms)
{
    struct pollfd wake = {.fd = embedded->wake, .events = POLLIN};

    return poll(&wake, 1, pause_ms) > 0;
}

/* False when the watcher shall end. */
static bool restart(struct embedded *embedded)
{
    struct error error;

    for (int pause_ms = FIRST_PAUSE_MS;;
         pause_ms = pause_ms * 2 < MOST_PAUSE_MS ? pause_ms * 2 : MOST_PAUSE_MS) {
        lock(embedded->lock, LOCK_EX);
        bool good = server_ensure(embedded, &error);
        lock(embedded->lock, LOCK_UN);
        if (good)
            return true;
        LOG(ERROR, "embedded.restart", LOG_STR("code", error.code),
            LOG_STR("detail", error.detail));
        if (pause_watch(embedded, pause_ms))
            return false;
    }
}

static void *watch(void *context)
{
    struct embedded *embedded = context;

    while (wait_for_end(embedded)) {
        LOG(WARN, "embedded.ended", LOG_STR("next", "starting it again"));
        server_forget(embedded);
        if (!restart(embedded))
            break;
    }
    return NULL;
}

/* With every signal blocked: they are for the threads that expect them. */
static void start_watcher(struct embedded *embedded)
{
    sigset_t all, before;

    embedded->wake = eventfd(0, EFD_CLOEXEC);
    ASSERT(embedded->wake >= 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    embedded->watching = pthread_create(&embedded->watcher, NULL, watch, embedded) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSERT(embedded->watching);
}

static void stop_watcher(struct embedded *embedded)
{
    if (!embedded->watching)
        return;
    int written = eventfd_write(embedded->wake, 1);
    ASSERT(written == 0);
    pthread_join(embedded->watcher, NULL);
    close(embedded->wake);
}

struct embedded *embedded_start(const struct embedded_options *options, struct error *error)
{
    struct embedded *embedded = memory_new(sizeof(*embedded));

    *embedded = (struct embedded){.directory = -1, .lock = -1, .holders = -1, .server = -1};
    if (!place_prepare(embedded, options, error)) {
        place_release(embedded);
        free(embedded);
        return NULL;
    }
    lock(embedded->lock, LOCK_EX);
    lock(embedded->holders, LOCK_SH);
    bool good = server_ensure(embedded, error);
    lock(embedded->lock, LOCK_UN);
    if (!good) {
        embedded_stop(embedded);
        return NULL;
    }
    start_watcher(embedded);
    return embedded;
}

const char *embedded_url(const struct embedded *embedded)
{
    return embedded->url;
}

/* Nobody can come or go meanwhile: both take db.lock first. (One that was killed lets go without
 * asking, and then we are the last.) */
void embedded_stop(struct embedded *embedded)
{
    if (!embedded)
        return;
    stop_watcher(embedded);
    lock(embedded->lock, LOCK_EX);
    if (flock(embedded->holders, LOCK_EX | LOCK_NB) == 0) {
        server_stop(embedded);
        place_remove_tmp(embedded);
    }
    if (embedded->server >= 0)
        close(embedded->server);
    place_release(embedded);
    free(embedded);
}

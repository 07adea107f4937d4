/*
 * A host's process is made by posix_spawn, with nothing of the server's but its channel, its page
 * and its plugins' files, in a session of its own: Ctrl-C is for the server, which drains and needs
 * its hosts meanwhile.
 */
#include "plugin/host_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ABOVE       128 /* beyond the numbers that a host's descriptors get */
#define BUFFER_SIZE (1 << 20)

/* This very file, also when an upgrade has put another in its place. */
#ifdef LINLI_PLAIN_HOST
#define HOST_PROGRAM                                                                               \
    LINLI_PLAIN_HOST /* sanitizers need what the sandbox forbids: hosts have none */
#else
#define HOST_PROGRAM "/proc/self/exe"
#endif

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

static bool fail(struct error *error, const char *what)
{
    return error_set(error, "plugin.host", "%s: %s", what, strerror(errno));
}

/* Mapped to be run, but never a program: newer kernels want to be told, older ones do not know the
 * flag. */
static int memory_file(const char *name)
{
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

    return file < 0 && errno == EINVAL ? memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING) : file;
}

int image_open(struct text bytes, struct error *error)
{
    int file = memory_file("linli-plugin");
    size_t done = 0;

    while (file >= 0 && done < bytes.length) {
        ssize_t put = write(file, bytes.data + done, bytes.length - done);
        if (put <= 0)
            break;
        done += (size_t)put;
    }
    if (file >= 0 && done == bytes.length &&
        fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return file;
    fail(error, "no memory for the plugin's file");
    if (file >= 0)
        close(file);
    return -1;
}

/* A page that stays as long as it is: a host that could cut it would kill its reader. */
static int make_page(struct host *host)
{
    int file = memory_file("linli-blame");

    if (file < 0)
        return -1;
    if (ftruncate(file, sizeof *host->page) == 0 &&
        fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        host->page = mmap(NULL, sizeof *host->page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (host->page && host->page != MAP_FAILED)
        return file;
    host->page = NULL;
    close(file);
    return -1;
}

/* The host's end; the server's is host->channel. */
static int make_channel(struct host *host)
{
    const int size = BUFFER_SIZE;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size); /* as far as it may be */
    host->channel = ends[0];
    return ends[1];
}

/* Moves it out of the way of the numbers that it and others shall get. */
static int above(int file)
{
    int moved = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, ABOVE);

    if (file >= 0)
        close(file);
    return moved;
}

static bool give_images(posix_spawn_file_actions_t *files, const struct host_plan *plan,
                        int copies[])
{
    for (size_t i = 0; i < plan->count; i++) {
        copies[i] = fcntl(plan->guests[i].image, F_DUPFD_CLOEXEC, ABOVE);
        if (copies[i] < 0)
            return false;
        posix_spawn_file_actions_adddup2(files, copies[i], WIRE_IMAGE_FD + (int)i);
    }
    return true;
}

static pid_t run(const posix_spawn_file_actions_t *files)
{
    char name[] = "linli", command[] = "plugin-host";
    char *const arguments[] = {name, command, NULL}, *const environment[] = {NULL};
    posix_spawnattr_t attributes;
    sigset_t none, all;
    pid_t pid = -1;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    errno = posix_spawn(&pid, HOST_PROGRAM, files, &attributes, arguments, environment);
    if (errno != 0)
        pid = -1;
    posix_spawnattr_destroy(&attributes);
    return pid;
}

static pid_t spawn(const struct host_plan *plan, int channel, int page)
{
    int copies[WIRE_PLUGINS_MOST];
    posix_spawn_file_actions_t files;
    pid_t pid = -1;

    memset(copies, -1, sizeof copies);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, channel, WIRE_CHANNEL_FD);
    posix_spawn_file_actions_adddup2(&files, page, WIRE_PAGE_FD);
    if (channel >= 0 && page >= 0 && give_images(&files, plan, copies)) {
        posix_spawn_file_actions_addclosefrom_np(&files, WIRE_IMAGE_FD + (int)plan->count);
        pid = run(&files);
    }
    int why = errno;
    for (size_t i = 0; i < plan->count; i++) {
        if (copies[i] >= 0)
            close(copies[i]);
    }
    posix_spawn_file_actions_destroy(&files);
    errno = why;
    return pid;
}

struct host *host_spawn(const struct host_plan *plan, struct error *error)
{
    struct host *host = memory_new(sizeof *host);
    int channel, page;

    ASSERT(plan->count > 0 && plan->count <= WIRE_PLUGINS_MOST);
    host->pidfd = host->channel = -1;
    channel = above(make_channel(host));
    page = above(make_page(host));
    host->pid = spawn(plan, channel, page);
    int why = errno;
    if (channel >= 0)
        close(channel);
    if (page >= 0)
        close(page);
    errno = why;
    if (host->pid < 0) {
        fail(error, "a plugin host cannot be started");
        host_free(host);
        return NULL;
    }
    host->pidfd = pidfd_open(host->pid, 0);
    if (host->pidfd < 0 || clock_getcpuclockid(host->pid, &host->clock) != 0) {
        fail(error, "a plugin host cannot be watched");
        kill(host->pid, SIGKILL);
        waitpid(host->pid, NULL, 0);
        host_free(host);
        return NULL;
    }
    if (host_order(host, plan, error))
        return host;
    host_end(host, FAULT_NOT_THERE);
    return NULL;
}

void host_free(struct host *host)
{
    if (host->channel >= 0)
        close(host->channel);
    if (host->pidfd >= 0)
        close(host->pidfd);
    if (host->page)
        munmap((void *)(uintptr_t)host->page, sizeof *host->page);
    free(host->in);
    buffer_free(&host->out);
    free(host);
}

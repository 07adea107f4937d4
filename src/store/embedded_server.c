/*
 * One mariadbd: found, made, started, asked to end.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/embedded_internal.h"

#define STEP_MS        10
#define GREETING_MS    1000
#define MOST_START_US  (10 * MINUTE_US) /* recovery of a big database takes its time */
#define MOST_STOP_MS   (60 * 1000)
#define MOST_ARGUMENTS 48

/*
 * No grant tables: whoever can open the socket may do everything, and db/ (0700, nothing listens
 * on TCP) lets in the database's own account and root only. There is no password that could leak,
 * and nothing to upgrade when MariaDB is.
 */
static const char *const common_arguments[] = {
    "--no-defaults",
    "--skip-networking",
    "--skip-grant-tables",
    "--local-infile=OFF",
    "--performance-schema=OFF",
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
    "--transaction-isolation=READ-COMMITTED",
    "--max-connections=300",
    "--table-open-cache=400",
    "--max-allowed-packet=64M",
    "--log-warnings=1",
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-log-file-size=48M", /* recovery of a full one after a kill: 1.2 s; 3.2 s with 96M */
    /* Kept by real path, which the account may be unable to walk. */
    "--innodb-buffer-pool-dump-at-shutdown=OFF",
    "--innodb-buffer-pool-load-at-startup=OFF",
};

/* All that Linli uses of the system tables: the optimizer's persistent statistics. Each statement
 * ends its line, as --bootstrap reads them. */
static const char bootstrap_sql[] =
    "CREATE DATABASE mysql;\n"
    "CREATE TABLE mysql.innodb_table_stats ("
    " database_name VARCHAR(64) NOT NULL, table_name VARCHAR(199) NOT NULL,"
    " last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
    " n_rows BIGINT UNSIGNED NOT NULL, clustered_index_size BIGINT UNSIGNED NOT NULL,"
    " sum_of_other_index_sizes BIGINT UNSIGNED NOT NULL, PRIMARY KEY (database_name, table_name)"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_bin STATS_PERSISTENT=0;\n"
    "CREATE TABLE mysql.innodb_index_stats ("
    " database_name VARCHAR(64) NOT NULL, table_name VARCHAR(199) NOT NULL,"
    " index_name VARCHAR(64) NOT NULL,"
    " last_update TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
    " stat_name VARCHAR(64) NOT NULL, stat_value BIGINT UNSIGNED NOT NULL,"
    " sample_size BIGINT UNSIGNED, stat_description VARCHAR(1024) NOT NULL,"
    " PRIMARY KEY (database_name, table_name, index_name, stat_name)"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_bin STATS_PERSISTENT=0;\n"
    "CREATE DATABASE linli CHARACTER SET utf8mb4;\n";

static bool fail(struct error *error, const char *what)
{
    return error_set(error, "store.embedded", "%s: %s", what, strerror(errno));
}

static bool has_ended(int pidfd, int wait_ms)
{
    struct pollfd end = {.fd = pidfd, .events = POLLIN};

    return poll(&end, 1, wait_ms) > 0;
}

/* Connects as a client would; -1 when nobody listens. */
static int open_socket(const struct embedded *embedded)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    memcpy(address.sun_path, embedded->socket, strlen(embedded->socket) + 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Whether the server greets: it listens before it can serve. */
static bool greets(int fd)
{
    struct pollfd greeting = {.fd = fd, .events = POLLIN};
    char first[5];

    return poll(&greeting, 1, GREETING_MS) > 0 && recv(fd, first, sizeof(first), 0) > 0;
}

/*
 * Takes the server that answers on the socket, whoever started it. Its process id is read from the
 * connection; the greeting, asked for on a second connection made after pidfd_open, proves that
 * the id had not passed to another process meanwhile.
 */
static bool adopt(struct embedded *embedded)
{
    struct ucred first, second;
    socklen_t size = sizeof(first);
    int pidfd = -1;
    int fd = open_socket(embedded);

    if (fd < 0)
        return false;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &first, &size) == 0)
        pidfd = pidfd_open(first.pid, 0);
    close(fd);
    fd = pidfd < 0 ? -1 : open_socket(embedded);
    bool good = fd >= 0 && greets(fd) &&
                getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &second, &size) == 0 &&
                first.pid == second.pid;
    if (fd >= 0)
        close(fd);
    if (good)
        embedded->server = pidfd;
    else if (pidfd >= 0)
        close(pidfd);
    return good;
}

/* Opens db/ anew and locks it: -1 with EWOULDBLOCK while any mariadbd lives. The lock belongs to
 * this open file and so to every process that inherits it. */
static int lock_directory(const struct embedded *embedded)
{
    int fd = openat(embedded->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

/* Its own session, so that a terminal's Ctrl-C does not reach it; default signals; no descriptor
 * but these; and an environment without our secrets. */
static pid_t spawn(const struct embedded *embedded, char **arguments, int input, int log,
                   int directory)
{
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char zone[] = "TZ=UTC";
    char *const environment[] = {path, zone, NULL};
    posix_spawn_file_actions_t files;
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
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, log, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, log, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&files, directory, PLACE_FD);
    posix_spawn_file_actions_addclosefrom_np(&files, PLACE_FD + 1);
    errno = posix_spawn(&pid, embedded->program, &files, &attributes, arguments, environment);
    if (errno != 0)
        pid = -1;
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return pid;
}

static char **make_arguments(const struct embedded *embedded, bool bootstrap, struct arena *arena)
{
    const char **arguments = arena_take(arena, MOST_ARGUMENTS * sizeof(*arguments));
    const char *base = embedded->base;
    size_t count = 0;

    arguments[count++] = embedded->program;
    for (size_t i = 0; i < ARRAY_LENGTH(common_arguments); i++)
        arguments[count++] = common_arguments[i];
    arguments[count++] = arena_printf(arena, "--tmpdir=%s", embedded->tmp);
    arguments[count++] =
        arena_printf(arena, "--innodb-buffer-pool-size=%" PRId64, embedded->buffer_pool);
    if (embedded->account)
        arguments[count++] = arena_printf(arena, "--user=%s", embedded->account);
    if (bootstrap) {
        arguments[count++] = "--bootstrap";
        arguments[count++] = arena_printf(arena, "--datadir=%s/data.new", base);
    } else {
        arguments[count++] = arena_printf(arena, "--datadir=%s/data", base);
        arguments[count++] = arena_printf(arena, "--socket=%s/socket", base);
        arguments[count++] = arena_printf(arena, "--pid-file=%s/pid", base);
    }
    ASSERT(count < MOST_ARGUMENTS);
    return (char **)(uintptr_t)arguments; /* posix_spawn does not write to them */
}

/* Starts a mariadbd that holds `directory`; returns its pidfd or -1. */
static int launch(const struct embedded *embedded, bool bootstrap, int input, int directory)
{
    int log = log_open(embedded);

    if (log < 0)
        return -1;
    struct arena *arena = arena_new();
    pid_t pid = spawn(embedded, make_arguments(embedded, bootstrap, arena), input, log, directory);
    arena_free(arena);
    close(log);
    return pid < 0 ? -1 : pidfd_open(pid, 0);
}

/* Waits for a child's end and whether it was a good one. */
static bool ended_well(int pidfd)
{
    siginfo_t end = {0};
    int result;

    do
        result = waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED);
    while (result != 0 && errno == EINTR);
    return result == 0 && end.si_code == CLD_EXITED && end.si_status == 0;
}

static int text_as_file(const char *text, size_t length)
{
    int fd = memfd_create("linli-bootstrap", MFD_CLOEXEC);

    bool written = fd >= 0 && write(fd, text, length) == (ssize_t)length;
    bool rewound = written && lseek(fd, 0, SEEK_SET) == 0;
    ASSERT(rewound); /* a page of memory */
    return fd;
}

/*
 * Makes the data directory where there is none: in data.new, renamed when it is complete and
 * mariadbd has ended. A server killed in its very first seconds could not recover what it was
 * still making; one that starts on finished files can.
 */
static bool make_data(const struct embedded *embedded, int directory, struct error *error)
{
    struct stat about, owner;
    int64_t start_us = clock_monotonic_us();

    if (fstatat(directory, "data", &about, 0) == 0)
        return true;
    place_remove_unfinished(embedded);
    if (fstat(directory, &owner) != 0 || mkdirat(directory, "data.new", 0700) != 0 ||
        fchownat(directory, "data.new", owner.st_uid, owner.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
        return fail(error, "cannot make db/data.new");
    int input = text_as_file(bootstrap_sql, sizeof(bootstrap_sql) - 1);
    int pidfd = launch(embedded, true, input, directory);
    close(input);
    if (pidfd < 0)
        return fail(error, "cannot start mariadbd");
    bool good = ended_well(pidfd);
    close(pidfd);
    if (!good)
        return error_set(error, "store.embedded",
                         "mariadbd could not make its data directory: see %s/db.log",
                         embedded->state_dir);
    if (renameat(directory, "data.new", directory, "data") != 0 || fsync(directory) != 0)
        return fail(error, "cannot rename db/data.new");
    LOG(INFO, "embedded.made", LOG_INT("us", clock_monotonic_us() - start_us));
    return true;
}

/* Until the child that was just started answers. */
static bool wait_until_it_serves(struct embedded *embedded, int pidfd, struct error *error)
{
    int64_t deadline_us = clock_monotonic_us() + MOST_START_US;

    for (;;) {
        if (has_ended(pidfd, STEP_MS)) {
            ended_well(pidfd);
            return error_set(error, "store.embedded",
                             "mariadbd ended while it started: see %s/db.log", embedded->state_dir);
        }
        if (adopt(embedded))
            return true;
        if (clock_monotonic_us() > deadline_us)
            return error_set(error, "store.embedded", "mariadbd does not answer: see %s/db.log",
                             embedded->state_dir);
    }
}

static bool start(struct embedded *embedded, int directory, struct error *error)
{
    int64_t start_us = clock_monotonic_us();
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int pidfd = input < 0 ? -1 : launch(embedded, false, input, directory);

    if (input >= 0)
        close(input);
    if (pidfd < 0)
        return fail(error, "cannot start mariadbd");
    bool good = wait_until_it_serves(embedded, pidfd, error);
    close(pidfd);
    if (good)
        LOG(INFO, "embedded.started", LOG_INT("us", clock_monotonic_us() - start_us));
    return good;
}

bool server_ensure(struct embedded *embedded, struct error *error)
{
    int64_t deadline_us = clock_monotonic_us() + MOST_START_US;
    const struct timespec step = {0, STEP_MS * 1000 * 1000};
    int directory;

    for (;;) {
        if (adopt(embedded))
            return true;
        directory = lock_directory(embedded);
        if (directory >= 0)
            break;
        /* One lives that does not answer: it still starts for somebody who was killed, or it
         * ends. Either way it will not be long. */
        if (errno != EWOULDBLOCK || clock_monotonic_us() > deadline_us)
            return fail(error, "a mariadbd lives in state_dir/db but does not answer");
        nanosleep(&step, NULL);
    }
    log_rotate(embedded);
    bool good = make_data(embedded, directory, error) && start(embedded, directory, error);
    close(directory);
    return good;
}

void server_forget(struct embedded *embedded)
{
    siginfo_t end;

    waitid(P_PIDFD, (id_t)embedded->server, &end, WEXITED | WNOHANG); /* fails if no child */
    close(embedded->server);
    embedded->server = -1;
}

void server_stop(struct embedded *embedded)
{
    if (embedded->server < 0)
        return;
    pidfd_send_signal(embedded->server, SIGTERM, NULL, 0);
    if (!has_ended(embedded->server, MOST_STOP_MS)) {
        LOG(WARN, "embedded.killed", LOG_STR("why", "it did not end when asked"));
        pidfd_send_signal(embedded->server, SIGKILL, NULL, 0);
        has_ended(embedded->server, -1);
    }
    server_forget(embedded);
}

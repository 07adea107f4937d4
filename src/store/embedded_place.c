/*
 * Where the embedded database lives, and as whom it runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "store/embedded_internal.h"

static bool fail(struct error *error, const char *what, const char *path)
{
    return error_set(error, "store.embedded", "%s %s: %s", what, path, strerror(errno));
}

/* mkdir -p. Others may pass through the last one, to db/, but not look at it. */
static bool make_state_dir(struct embedded *embedded, const char *path, struct error *error)
{
    char *copy = strdup(path);

    ASSERT(copy != NULL);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(copy, 0755); /* the last one tells whether it went well */
        *slash = '/';
    }
    bool made = mkdir(copy, 0711) == 0 || errno == EEXIST;
    free(copy);
    embedded->state_dir = made ? realpath(path, NULL) : NULL;
    return embedded->state_dir || fail(error, "cannot make state_dir", path);
}

static const char *const usual_places[] = {
    "/usr/sbin/mariadbd",
    "/usr/libexec/mariadbd",
    "/usr/bin/mariadbd",
    "/usr/local/sbin/mariadbd",
    "/usr/local/libexec/mariadbd",
    "/usr/local/bin/mariadbd",
    "/usr/local/mysql/bin/mariadbd",
};

char *embedded_find_server(const struct embedded_options *options, struct error *error)
{
    const char *found = options->server && *options->server ? options->server : NULL;

    for (size_t i = 0; !found && i < ARRAY_LENGTH(usual_places); i++)
        if (access(usual_places[i], X_OK) == 0)
            found = usual_places[i];
    if (!found || access(found, X_OK) != 0) {
        error_set(
            error, "store.embedded",
            "%s: install mariadb-server-core, set database.server to the path of mariadbd, or "
            "set database.url to a MariaDB that runs elsewhere",
            found ? "database.server cannot be run" : "mariadbd was not found");
        return NULL;
    }
    char *program = strdup(found);
    ASSERT(program != NULL);
    return program;
}

static bool check_files(struct error *error)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max >= EMBEDDED_FILES_LEAST ||
           error_set(error, "store.files",
                     "only %ju files may be open at once: the embedded database needs %d at least; "
                     "raise the limit (ulimit -Hn, LimitNOFILE)",
                     (uintmax_t)limit.rlim_max, EMBEDDED_FILES_LEAST);
}

/*
 * mariadbd must not run as root. Who owns db/ already is who it runs as; a new one belongs to
 * `mysql`, which Debian's mariadb-server makes (mariadb-server-core alone does not), else to
 * `nobody`.
 */
static const struct passwd *choose_account(const char *directory, struct error *error)
{
    const struct passwd *account = NULL;
    struct stat found;

    if (stat(directory, &found) == 0 && found.st_uid != 0) {
        account = getpwuid(found.st_uid);
        if (!account)
            error_set(error, "store.embedded", "%s belongs to user id %u, which has no name",
                      directory, found.st_uid);
        return account;
    }
    account = getpwnam("mysql");
    if (account)
        return account;
    LOG(WARN, "embedded.account",
        LOG_STR("detail", "no user mysql: the database runs as nobody; better before the first "
                          "start: adduser --system --group mysql"));
    account = getpwnam("nobody");
    if (!account)
        error_set(error, "store.embedded",
                  "run as root, there must be a user for mariadbd: adduser --system --group mysql");
    return account;
}

/* Makes a directory below db/ that belongs to the database's account. */
static bool make_directory(int parent, const char *name, const struct passwd *account)
{
    if (mkdirat(parent, name, 0700) != 0)
        return errno == EEXIST;
    return !account ||
           fchownat(parent, name, account->pw_uid, account->pw_gid, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool open_locks(struct embedded *embedded, struct error *error)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/db.lock", embedded->state_dir);
    embedded->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (embedded->lock < 0)
        return fail(error, "cannot open", path);
    snprintf(path, sizeof(path), "%s/db.holders", embedded->state_dir);
    embedded->holders = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return embedded->holders >= 0 || fail(error, "cannot open", path);
}

/* Whether the account may pass through every directory above `path`. Supplementary groups and
 * access lists are left out: then the way by descriptor is taken needlessly, and works. */
static bool may_walk(const char *path, const struct passwd *account)
{
    char walked[PATH_MAX];
    struct stat about;

    if (!account)
        return true;
    for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
        snprintf(walked, sizeof(walked), "%.*s", slash == path ? 1 : (int)(slash - path), path);
        if (stat(walked, &about) != 0)
            return false;
        mode_t bit = about.st_uid == account->pw_uid   ? S_IXUSR
                     : about.st_gid == account->pw_gid ? S_IXGRP
                                                       : S_IXOTH;
        if (!(about.st_mode & bit))
            return false;
    }
    return true;
}

/* Always the same directory for one db/, so that a killed Linli's is found and used again. */
static bool make_tmp_outside(struct embedded *embedded, const struct passwd *account,
                             struct error *error)
{
    struct stat about;
    struct buffer path = {0};

    if (fstat(embedded->directory, &about) != 0)
        return fail(error, "cannot look at", embedded->state_dir);
    buffer_printf(&path, "/tmp/linli-db-%jx-%jx", (uintmax_t)about.st_dev, (uintmax_t)about.st_ino);
    embedded->tmp = path.data;
    embedded->tmp_outside = true;
    if (!make_directory(AT_FDCWD, path.data, account))
        return fail(error, "cannot make", path.data);
    if (lstat(path.data, &about) != 0 || !S_ISDIR(about.st_mode) ||
        about.st_uid != account->pw_uid || (about.st_mode & 0777) != 0700) {
        embedded->tmp_outside = false; /* not ours: not ours to remove either */
        return error_set(error, "store.embedded", "%s is not a private directory of %s", path.data,
                         account->pw_name);
    }
    return true;
}

/* How mariadbd reaches db/ and how we reach its socket: by path where that will do. */
static bool choose_paths(struct embedded *embedded, const struct passwd *account,
                         struct error *error)
{
    struct buffer base = {0}, tmp = {0};
    size_t size = sizeof(embedded->socket);

    buffer_printf(&base, "%s/db", embedded->state_dir);
    bool walks = may_walk(base.data, account);
    bool fits = (size_t)snprintf(embedded->socket, size, "%s/socket", base.data) < size;
    if (!fits)
        snprintf(embedded->socket, size, "/proc/self/fd/%d/socket", embedded->directory);
    if (walks) {
        buffer_printf(&tmp, "%s/tmp", base.data);
        embedded->tmp = tmp.data;
    }
    if (!walks || !fits) {
        buffer_clear(&base);
        buffer_printf(&base, "/proc/self/fd/%d", PLACE_FD);
    }
    embedded->base = base.data;
    return walks || make_tmp_outside(embedded, account, error);
}

static bool open_directory(struct embedded *embedded, struct error *error)
{
    const struct passwd *account = NULL;
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/db", embedded->state_dir);
    if (geteuid() == 0) {
        account = choose_account(path, error);
        if (!account)
            return false;
        embedded->account = strdup(account->pw_name);
    }
    if (!make_directory(AT_FDCWD, path, account))
        return fail(error, "cannot make", path);
    /* Also when it was there: one that root made and died over has the wrong owner still. */
    embedded->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (embedded->directory < 0 || fchmod(embedded->directory, 0700) != 0 ||
        (account && fchown(embedded->directory, account->pw_uid, account->pw_gid) != 0))
        return fail(error, "cannot use (whoever first started Linli here owns it)", path);
    if (!make_directory(embedded->directory, "tmp", account))
        return fail(error, "cannot make tmp in", path);
    return choose_paths(embedded, account, error);
}

static void add_percent_encoded(struct buffer *out, const char *text)
{
    for (; *text; text++)
        if (strchr("/-._~", *text) || (*text >= '0' && *text <= '9') ||
            ((*text | 0x20) >= 'a' && (*text | 0x20) <= 'z'))
            buffer_add_char(out, *text);
        else
            buffer_printf(out, "%%%02X", (unsigned char)*text);
}

static void make_url(struct embedded *embedded)
{
    struct buffer url = {0};

    buffer_add_text(&url, "mysql://linli@localhost/linli?socket=");
    add_percent_encoded(&url, embedded->socket);
    embedded->url = url.data;
}

bool place_prepare(struct embedded *embedded, const struct embedded_options *options,
                   struct error *error)
{
    embedded->buffer_pool = options->buffer_pool;
    embedded->program = embedded_find_server(options, error);
    if (!embedded->program || !check_files(error) ||
        !make_state_dir(embedded, options->state_dir, error) || !open_directory(embedded, error) ||
        !open_locks(embedded, error))
        return false;
    make_url(embedded);
    return true;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void place_release(struct embedded *embedded)
{
    close_if_open(embedded->directory);
    close_if_open(embedded->lock);
    close_if_open(embedded->holders);
    free(embedded->state_dir);
    free(embedded->base);
    free(embedded->tmp);
    free(embedded->program);
    free(embedded->account);
    free(embedded->url);
}

bool embedded_is_made(const struct embedded_options *options)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/db/data", options->state_dir);
    return access(path, F_OK) == 0 || errno == EACCES;
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void place_remove_unfinished(const struct embedded *embedded)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d/data.new", embedded->directory);
    remove_tree(path);
}

void place_remove_tmp(const struct embedded *embedded)
{
    if (embedded->tmp_outside)
        remove_tree(embedded->tmp);
}

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
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "store/embedded_internal.h"

static bool fail(struct error *error, const char *what, const char *path)
{
    return error_set(error, "store.embedded", "%s %s: %s", what, path, strerror(errno));
}

/* mkdir -p; only the last one is private. */
static bool make_state_dir(struct embedded *embedded, const char *path, struct error *error)
{
    char *copy = strdup(path);

    ASSERT(copy != NULL);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(copy, 0755); /* the last one tells whether it went well */
        *slash = '/';
    }
    bool made = mkdir(copy, 0700) == 0 || errno == EEXIST;
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

static bool find_program(struct embedded *embedded, const char *server, struct error *error)
{
    const char *found = server && *server ? server : NULL;

    for (size_t i = 0; !found && i < ARRAY_LENGTH(usual_places); i++)
        if (access(usual_places[i], X_OK) == 0)
            found = usual_places[i];
    if (!found || access(found, X_OK) != 0)
        return error_set(error, "store.embedded",
                         "%s: install mariadb-server-core, set database.server to the path of "
                         "mariadbd, or set database.url to a MariaDB that runs elsewhere",
                         found ? "database.server cannot be run" : "mariadbd was not found");
    embedded->program = strdup(found);
    ASSERT(embedded->program != NULL);
    return true;
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
    /* Once root had made it and died, or gave it another mode: all depends on it. */
    embedded->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (embedded->directory < 0 || fchmod(embedded->directory, 0700) != 0 ||
        (account && fchown(embedded->directory, account->pw_uid, account->pw_gid) != 0))
        return fail(error, "cannot use (whoever first started Linli here owns it)", path);
    if (!make_directory(embedded->directory, "tmp", account))
        return fail(error, "cannot make tmp in", path);
    return true;
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

static void add_percent_encoded(struct buffer *out, const char *text)
{
    for (; *text; text++)
        if (strchr("/-._~", *text) || (*text >= '0' && *text <= '9') ||
            ((*text | 0x20) >= 'a' && (*text | 0x20) <= 'z'))
            buffer_add_char(out, *text);
        else
            buffer_printf(out, "%%%02X", (unsigned char)*text);
}

/* A socket address holds 107 bytes; a longer path is reached through our open directory. */
static void set_socket(struct embedded *embedded)
{
    struct buffer url = {0};
    size_t size = sizeof(embedded->socket);
    int length = snprintf(embedded->socket, size, "%s/db/socket", embedded->state_dir);

    if ((size_t)length >= size)
        snprintf(embedded->socket, size, "/proc/self/fd/%d/socket", embedded->directory);
    buffer_add_text(&url, "mysql://linli@localhost/linli?socket=");
    add_percent_encoded(&url, embedded->socket);
    embedded->url = url.data;
}

bool place_prepare(struct embedded *embedded, const struct embedded_options *options,
                   struct error *error)
{
    embedded->buffer_pool = options->buffer_pool;
    if (!find_program(embedded, options->server, error) ||
        !make_state_dir(embedded, options->state_dir, error) || !open_directory(embedded, error) ||
        !open_locks(embedded, error))
        return false;
    set_socket(embedded);
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
    free(embedded->program);
    free(embedded->account);
    free(embedded->url);
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
    (void)about;
    (void)type;
    (void)where;
    remove(path);
    return 0;
}

void place_remove(const struct embedded *embedded, const char *name)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", embedded->directory, name);
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

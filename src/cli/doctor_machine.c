/*
 * The machine: kernel, limits, disk, clock, files, ports. Nothing here needs the database.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

#include "api/paper.h"
#include "base/clock.h"
#include "cli/doctor.h"
#include "http/tls.h"
#include "people/code_sender.h"

#define MEGABYTE     UINT64_C(1000000)
#define OTHER_FILES  256 /* beside connections: database, files, plugin hosts */
#define OLDEST_CLOCK INT64_C(1767225600000000) /* 2026: no Linli is older */
#define EXPIRES_SOON (14 * DAY_US)

/* --- What plugins are held by ----------------------------------------------------------------- */

static void look_at_landlock(struct doctor *doctor)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (abi >= 1)
        doctor_ok(doctor, "landlock", "ABI %ld", abi);
    else
        doctor_warn(doctor, "landlock",
                    "boot with landlock among lsm=…; without it plugins must be signed",
                    "the kernel has it not, or not switched on (%s)", strerror(errno));
}

static void look_at_seccomp(struct doctor *doctor)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;

    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
        doctor_ok(doctor, "seccomp", "filters that end a process can be set");
    else
        doctor_fail(doctor, "seccomp", "run on a kernel with CONFIG_SECCOMP_FILTER",
                    "filters cannot be set (%s): no plugin can be run", strerror(errno));
}

/* --- Limits ----------------------------------------------------------------------------------- */

static void look_at_files(struct doctor *doctor)
{
    int64_t wanted = doctor->settings->http.max_connections + OTHER_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    if (limit.rlim_max < EMBEDDED_FILES_LEAST)
        doctor_fail(doctor, "files", "raise it (ulimit -Hn, LimitNOFILE=65536)",
                    "only %ju may be open at once, the embedded database needs %d",
                    (uintmax_t)limit.rlim_max, EMBEDDED_FILES_LEAST);
    else if (limit.rlim_max < (rlim_t)wanted)
        doctor_warn(doctor, "files", "raise it (ulimit -Hn, LimitNOFILE=65536)",
                    "%ju may be open at once, http.max_connections would need %" PRId64,
                    (uintmax_t)limit.rlim_max, wanted);
    else
        doctor_ok(doctor, "files", "%ju may be open at once", (uintmax_t)limit.rlim_max);
}

/* The nearest directory of a path that is there: what does not exist will be made in it. */
static const char *nearest(const struct doctor *doctor, const char *path)
{
    char *copy = arena_printf(doctor->arena, "%s", path);
    char *slash;

    while (access(copy, F_OK) != 0 && (slash = strrchr(copy, '/')) && slash != copy)
        *slash = '\0';
    return access(copy, F_OK) == 0 ? copy : ".";
}

static void look_at_disk(struct doctor *doctor)
{
    const char *path = nearest(doctor, doctor->settings->embedded.state_dir);
    static const char remedy[] = "free some; a full disk stops the database";
    struct statvfs disk;

    if (statvfs(path, &disk) != 0)
        return;
    uint64_t free_mb = disk.f_bavail * disk.f_frsize / MEGABYTE;
    if (free_mb < 500)
        doctor_fail(doctor, "disk", remedy, "%" PRIu64 " MB are free at %s", free_mb, path);
    else if (free_mb < 2000)
        doctor_warn(doctor, "disk", remedy, "%" PRIu64 " MB are free at %s", free_mb, path);
    else
        doctor_ok(doctor, "disk", "%.1f GB are free at %s", (double)free_mb / 1e3, path);
}

/* --- Time ------------------------------------------------------------------------------------- */

static void look_at_clock(struct doctor *doctor)
{
    int offset = (int)doctor->settings->programme.utc_offset_minutes;
    struct timex about = {0};
    char now[CLOCK_RFC3339_SIZE];
    int state = adjtimex(&about);

    clock_format(clock_now_us(), offset, now);
    if (clock_now_us() < OLDEST_CLOCK)
        doctor_fail(doctor, "clock", "set it: expiry, sign-in and the ledger go by it",
                    "it says %s", now);
    else if (state == TIME_ERROR || (about.status & STA_UNSYNC))
        doctor_warn(doctor, "clock", "run chrony or systemd-timesyncd",
                    "it says %s, and nothing keeps it", now);
    else
        doctor_ok(doctor, "clock", "%s, kept by NTP", now);
}

/* --- Files ------------------------------------------------------------------------------------ */

static void look_at_mariadbd(struct doctor *doctor)
{
    struct error error;
    char *program;

    if (*doctor->settings->db.url) {
        doctor_ok(doctor, "mariadbd", "not needed: database.url names one of yours");
        return;
    }
    program = embedded_find_server(&doctor->settings->embedded, &error);
    if (!program)
        doctor_fail(doctor, "mariadbd", "apt install mariadb-server-core", "%s", error.detail);
    else if (geteuid() == 0 && !getpwnam("mysql"))
        doctor_warn(doctor, "mariadbd", "adduser --system --group mysql",
                    "%s; as root it will run as nobody", program);
    else
        doctor_ok(doctor, "mariadbd", "%s", program);
    free(program);
}

static void look_at_fonts(struct doctor *doctor)
{
    if (paper_has_font())
        doctor_ok(doctor, "fonts", "one with Chinese characters, for PDFs");
    else
        doctor_warn(doctor, "fonts", "apt install fonts-wqy-microhei or fonts-noto-cjk",
                    "none with Chinese characters: no PDF can be made");
}

static void look_at_master_key(struct doctor *doctor)
{
    const struct settings *settings = doctor->settings;
    const char *path = *settings->keyring.master_file ? settings->keyring.master_file
                                                      : arena_printf(doctor->arena, "%s/master.key",
                                                                     settings->embedded.state_dir);
    struct stat about;

    if (*settings->db.url && !*settings->keyring.master_file)
        doctor_fail(doctor, "master_key", "linli keys make-master FILE, or copy it from the backup",
                    "keys.master_file is not set, and database.url needs it");
    else if (stat(path, &about) != 0 && *settings->keyring.master_file)
        doctor_fail(doctor, "master_key", "linli keys make-master, or copy it from the backup",
                    "%s: %s", path, strerror(errno));
    else if (stat(path, &about) != 0)
        doctor_ok(doctor, "master_key", "%s will be made at the first start", path);
    else if (about.st_mode & 077)
        doctor_fail(doctor, "master_key", "chmod 600 it", "%s can be read by others (mode %03o)",
                    path, (unsigned)(about.st_mode & 0777));
    else
        doctor_ok(doctor, "master_key", "%s; a copy of it is where no backup is?", path);
}

static void look_at_db_log(struct doctor *doctor)
{
    const char *path =
        arena_printf(doctor->arena, "%s/db.log", doctor->settings->embedded.state_dir);
    struct stat about;

    if (!*doctor->settings->db.url && stat(path, &about) == 0)
        doctor_ok(doctor, "db_log", "%s has %.1f MB, and at most 16", path,
                  (double)about.st_size / 1e6);
}

/* --- The network ------------------------------------------------------------------------------ */

static bool is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]", 5) == 0 ||
           strncmp(listen, "localhost", 9) == 0;
}

/* Tries to take the address for a moment: 0, or why not. */
static int try_to_listen(const char *at)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const char *colon = strrchr(at, ':');
    char host[128] = "";
    int result = EINVAL, yes = 1;

    if (!colon || (size_t)(colon - at) >= sizeof host)
        return EINVAL;
    bool brackets = *at == '[';
    snprintf(host, sizeof host, "%.*s", (int)(colon - at) - 2 * brackets, at + brackets);
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return EINVAL;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        result = bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1) == 0 ? 0 : errno;
        close(fd);
    }
    freeaddrinfo(found);
    return result;
}

static void look_at_port(struct doctor *doctor)
{
    const char *listen_at = doctor->settings->http.listen;
    int why = try_to_listen(listen_at);

    if (why == 0)
        doctor_ok(doctor, "port", "%s is free", listen_at);
    else if (why == EADDRINUSE)
        doctor_ok(doctor, "port", "%s is taken: a server runs there", listen_at);
    else
        doctor_fail(doctor, "port", "choose another http.listen, or grant CAP_NET_BIND_SERVICE",
                    "%s cannot be listened on: %s", listen_at, strerror(why));
}

static void look_at_certificate(struct doctor *doctor)
{
    const struct http_options *http = &doctor->settings->http;
    char until[CLOCK_RFC3339_SIZE];
    struct error error;
    int64_t expires_us;

    if (!http_tls_look(http->tls_cert, http->tls_key, &expires_us, &error)) {
        doctor_fail(doctor, "certificate", "the server would not start", "%s", error.detail);
        return;
    }
    clock_format(expires_us, 0, until);
    if (expires_us < clock_now_us())
        doctor_fail(doctor, "certificate", "renew it, then reload (SIGHUP)", "%s ran out at %s",
                    http->tls_cert, until);
    else if (expires_us < clock_now_us() + EXPIRES_SOON)
        doctor_warn(doctor, "certificate", "renew it, then reload (SIGHUP)", "%s runs out at %s",
                    http->tls_cert, until);
    else
        doctor_ok(doctor, "certificate", "good until %s", until);
}

static void look_at_tls(struct doctor *doctor)
{
    const struct http_options *http = &doctor->settings->http;

    if (*http->tls_cert || *http->tls_key)
        look_at_certificate(doctor);
    else if (is_loopback(http->listen))
        doctor_ok(doctor, "certificate", "none, and only this machine is served, or a proxy on it");
    else
        doctor_warn(doctor, "certificate", "set http.tls_cert and http.tls_key, or have a proxy",
                    "none: on %s passwords travel in the clear", http->listen);
    if (*http->proxy_trusted)
        doctor_ok(doctor, "proxies", "X-Forwarded-For of %s is believed", http->proxy_trusted);
    else
        doctor_ok(doctor, "proxies", "none is trusted; behind one, name it in proxy.trusted");
}

static void look_at_sms(struct doctor *doctor)
{
    const struct settings *settings = doctor->settings;
    struct error error;
    const struct code_sender *sender = code_sender_choose(&settings->sms, &error);

    if (!sender)
        doctor_fail(doctor, "sms", "correct the sms settings: the server would not start", "%s",
                    error.detail);
    else if (sender->is_for_demo_only && settings->process.demo == DEMO_NONE)
        doctor_warn(doctor, "sms", "set sms.sender=http and sms.url",
                    "no gateway: members cannot sign in by phone");
    else
        doctor_ok(doctor, "sms", "codes go by %s", sender->name);
}

void doctor_look_at_machine(struct doctor *doctor)
{
    look_at_landlock(doctor);
    look_at_seccomp(doctor);
    look_at_files(doctor);
    look_at_disk(doctor);
    look_at_clock(doctor);
    look_at_fonts(doctor);
    look_at_port(doctor);
    look_at_tls(doctor);
    look_at_sms(doctor);
    look_at_master_key(doctor);
    look_at_mariadbd(doctor);
    look_at_db_log(doctor);
}

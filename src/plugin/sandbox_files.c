/*
 * Landlock (Linux 5.13): files are out of reach but for libraries that a plugin may need. The
 * plugin itself comes as a memory file, which has no path. Newer kernels keep from TCP, abstract
 * sockets and signals as well; the filter of system calls does so anyway.
 */
#include "plugin/sandbox_files.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/landlock.h>
#include <sys/syscall.h>

#include "plugin/sandbox.h"

/* As of version 6 of the interface, whatever the headers know. */
struct handled {
    uint64_t files, network, scoped;
};
#define FILES_1    ((UINT64_C(1) << 13) - 1) /* execute, read, write, make, remove … */
#define FILE_LINK  (UINT64_C(1) << 13)       /* since 2: link and rename elsewhere */
#define FILE_CUT   (UINT64_C(1) << 14)       /* since 3: truncate */
#define FILE_IOCTL (UINT64_C(1) << 15)       /* since 5: ioctl on devices */
#define NETWORK    UINT64_C(3)               /* since 4: bind and connect of TCP */
#define SCOPED     UINT64_C(3)               /* since 6: abstract sockets, signals */

int sandbox_landlock(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return version > 0 ? (int)version : 0;
}

/* How much of struct handled a version knows, in bytes. */
static size_t handled_by(int version, struct handled *handled)
{
    *handled = (struct handled){.files = FILES_1};
    handled->files |= version >= 2 ? FILE_LINK : 0;
    handled->files |= version >= 3 ? FILE_CUT : 0;
    handled->files |= version >= 5 ? FILE_IOCTL : 0;
    handled->network = version >= 4 ? NETWORK : 0;
    handled->scoped = version >= 6 ? SCOPED : 0;
    return version >= 6   ? sizeof *handled
           : version >= 4 ? offsetof(struct handled, scoped)
                          : offsetof(struct handled, network);
}

/* A path that is not there needs no rule. */
static bool add_rule(int rules, const char *path, uint64_t may)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = may};

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return errno == ENOENT;
    long result = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
    return result == 0;
}

/* Where libc is: the folder of the system's libraries, under its real name. */
static bool find_libraries(char folder[PATH_MAX])
{
    Dl_info libc;
    char *slash;

    if (!dladdr((void *)(uintptr_t)strerror, &libc) || !realpath(libc.dli_fname, folder))
        return false;
    slash = strrchr(folder, '/');
    *slash = '\0';
    return true;
}

static bool restrict_to_libraries(int version)
{
    struct handled handled;
    size_t size = handled_by(version, &handled);
    long rules = syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    char folder[PATH_MAX];

    if (rules < 0)
        return false;
    bool done =
        find_libraries(folder) &&
        add_rule((int)rules, folder, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE) &&
        add_rule((int)rules, "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE) &&
        syscall(SYS_landlock_restrict_self, (int)rules, 0) == 0;
    close((int)rules);
    return done;
}

bool sandbox_enter_files(bool needed, struct error *error)
{
    int version = sandbox_landlock();

    if (version == 0 && needed)
        return error_set(error, "plugin.no_landlock",
                         "this kernel has no Landlock: only signed and built-in plugins run here");
    if (version > 0 && !restrict_to_libraries(version))
        return error_set(error, "plugin.sandbox", "Landlock: %s", strerror(errno));
    return true;
}

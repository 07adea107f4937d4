#include "plugin/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "plugin/sandbox_files.h"
#include "plugin/sandbox_internal.h"

#define NOBODY       65534
#define STACK_MOST   (INT64_C(8) << 20)
#define STATM_MOST   256
#define LOADING_MOST 16 /* descriptors beyond the images, while libraries are opened */

/* A filter as the kernel wants it: made by libseccomp, loaded without its help. */
struct program {
    struct sock_filter *instructions;
    unsigned short length;
};

struct sandbox {
    int channel;
    struct program open, closed; /* while loading; afterwards */
};

static bool fail(struct error *error, const char *what)
{
    return error_set(error, "plugin.sandbox", "%s: %s", what, strerror(errno));
}

/* --- Filters --- */

/* libseccomp can write a filter to a descriptor only. */
static bool export(scmp_filter_ctx context, struct program *program, struct error *error)
{
    int file = memfd_create("linli-filter", MFD_CLOEXEC);
    off_t size = -1;

    if (file < 0)
        return fail(error, "memfd_create");
    if (seccomp_export_bpf(context, file) == 0)
        size = lseek(file, 0, SEEK_END);
    if (size > 0) {
        program->instructions = memory_new((size_t)size);
        program->length = (unsigned short)((size_t)size / sizeof *program->instructions);
        if (pread(file, program->instructions, (size_t)size, 0) != (ssize_t)size)
            size = -1;
    }
    close(file);
    return size > 0 || fail(error, "the system call filter cannot be made");
}

static bool make_program(bool loading, int channel, struct program *program, struct error *error)
{
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (!context)
        return error_set(error, "plugin.sandbox", "libseccomp cannot start");
    bool made = sandbox_allow(context, loading, channel, error) && export(context, program, error);
    seccomp_release(context);
    return made;
}

static bool load_program(const struct program *program, struct error *error)
{
    struct sock_fprog filter = {program->length, program->instructions};

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0 ||
           fail(error, "the system call filter is refused");
}

/* --- Limits --- */

static bool limit(int what, int64_t most, const char *name, struct error *error)
{
    const struct rlimit both = {(rlim_t)most, (rlim_t)most};

    return setrlimit((__rlimit_resource_t)what, &both) == 0 || fail(error, name);
}

/* Bytes of address space and of writable memory that this process takes by now: the first and the
 * sixth number of the kernel's, in pages. */
static bool measure(int64_t *space, int64_t *data, struct error *error)
{
    FILE *file = fopen("/proc/self/statm", "re");
    char line[STATM_MOST] = "", *at = line;
    int64_t page = sysconf(_SC_PAGESIZE), pages[6] = {0};

    if (!file)
        return fail(error, "/proc/self/statm");
    bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    for (size_t i = 0; read && i < ARRAY_LENGTH(pages); i++)
        pages[i] = strtoll(at, &at, 10);
    *space = pages[0] * page;
    *data = pages[5] * page;
    return (*space > 0 && *data > 0) ||
           error_set(error, "plugin.sandbox", "/proc/self/statm cannot be read");
}

static bool limit_all(const struct sandbox_wishes *wishes, struct error *error)
{
    int64_t space = 0, data = 0;

    return measure(&space, &data, error) &&
           limit(RLIMIT_AS, space + wishes->memory + STACK_MOST, "RLIMIT_AS", error) &&
           limit(RLIMIT_DATA, data + wishes->memory, "RLIMIT_DATA", error) &&
           limit(RLIMIT_STACK, STACK_MOST, "RLIMIT_STACK", error) &&
           limit(RLIMIT_CORE, 0, "RLIMIT_CORE", error) &&
           limit(RLIMIT_FSIZE, 0, "RLIMIT_FSIZE", error) &&
           limit(RLIMIT_MEMLOCK, 0, "RLIMIT_MEMLOCK", error) &&
           limit(RLIMIT_MSGQUEUE, 0, "RLIMIT_MSGQUEUE", error) &&
           limit(RLIMIT_NPROC, 0, "RLIMIT_NPROC", error) &&
           limit(RLIMIT_NOFILE, wishes->first_image + (int)wishes->images + LOADING_MOST,
                 "RLIMIT_NOFILE", error);
}

/* --- Who it is --- */

/* Root gives up what it can: another account, and every capability with it. In a container that
 * has no other account it stays; the other walls stand. */
static void become_nobody(void)
{
    if (geteuid() != 0)
        return;
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0)
        return;
    if (setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return;
}

/* The channel's end tells a host that waits; this ends one that loops. Changing the account would
 * have cleared it. */
static bool die_with(int server, struct error *error)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return fail(error, "PR_SET_PDEATHSIG");
    return getppid() == server || error_set(error, "plugin.sandbox", "its server has ended");
}

static bool give_up(const struct sandbox_wishes *wishes, struct error *error)
{
    unsigned behind = (unsigned)wishes->first_image + wishes->images;

    become_nobody();
    if (chdir("/") != 0)
        return fail(error, "chdir");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(error, "PR_SET_NO_NEW_PRIVS");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fail(error, "PR_SET_DUMPABLE");
    if (close_range(0, (unsigned)wishes->channel - 1, 0) != 0 || close_range(behind, ~0U, 0) != 0)
        return fail(error, "close_range");
    return die_with(wishes->server, error);
}

/* --- The two steps --- */

/* Hosts wake many at a time: as batch work they wait for a processor, and push neither the server
 * nor its database off theirs. A system that will not have it runs them as they are. */
static void wait_for_ones_turn(void)
{
    const struct sched_param none = {0};

    (void)!sched_setscheduler(0, SCHED_BATCH, &none);
}

bool sandbox_enter(const struct sandbox_wishes *wishes, struct sandbox **out, struct error *error)
{
    struct sandbox *sandbox = memory_new(sizeof *sandbox);

    *out = sandbox;
    sandbox->channel = wishes->channel;
    wait_for_ones_turn();
    return make_program(true, wishes->channel, &sandbox->open, error) &&
           make_program(false, wishes->channel, &sandbox->closed, error) &&
           limit_all(wishes, error) && give_up(wishes, error) &&
           sandbox_enter_files(wishes->landlock_needed, error) &&
           load_program(&sandbox->open, error);
}

/* A constructor may have put on a filter of its own, which pretends that this one is loaded: then
 * the first wall stands, and Landlock. */
bool sandbox_close(const struct sandbox *sandbox, struct error *error)
{
    if (close_range((unsigned)sandbox->channel + 1, ~0U, 0) != 0)
        return fail(error, "close_range");
    return limit(RLIMIT_NOFILE, 0, "RLIMIT_NOFILE", error) && load_program(&sandbox->closed, error);
}

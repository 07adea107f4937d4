/*
 * The system calls of a plugin host. What is in neither table ends the process, and the server
 * counts a fault. The second table is all that is left to a plugin that decides.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include "plugin/sandbox_internal.h"

/* Always: memory, the clock, and what libc does on the way to its end. */
static const int always[] = {
    SCMP_SYS(brk),          SCMP_SYS(munmap),          SCMP_SYS(mremap),
    SCMP_SYS(madvise),      SCMP_SYS(futex),           SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),    SCMP_SYS(time),
    SCMP_SYS(getrandom), /* malloc seeds itself */
    SCMP_SYS(sysinfo),   /* qsort asks how much memory there is */
    SCMP_SYS(getpid),    /* abort */
    SCMP_SYS(gettid),       SCMP_SYS(rt_sigprocmask),  SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* While loading: libraries are found and mapped, and the second filter is put on. */
static const int while_loading[] = {
    SCMP_SYS(read),      SCMP_SYS(pread64),    SCMP_SYS(close),    SCMP_SYS(lseek),
    SCMP_SYS(fstat),     SCMP_SYS(newfstatat), SCMP_SYS(stat),     SCMP_SYS(statx),
    SCMP_SYS(readlink),  SCMP_SYS(readlinkat), SCMP_SYS(access),   SCMP_SYS(faccessat),
    SCMP_SYS(getcwd),    SCMP_SYS(mmap),       SCMP_SYS(mprotect), SCMP_SYS(close_range),
    SCMP_SYS(setrlimit),
};

/* Harmless probes of libc, and printing for a look at what happens: told that it cannot be. */
static const struct {
    int call;
    uint16_t answer;
} refused[] = {
    {SCMP_SYS(ioctl), ENOTTY}, /* is stdout a terminal? */
    {SCMP_SYS(fstat), EBADF},  /* how big is its block? */
    {SCMP_SYS(newfstatat), EBADF},
    {SCMP_SYS(lseek), EBADF},
    {SCMP_SYS(sched_getaffinity), EPERM}, /* how many processors for malloc's arenas? */
    {SCMP_SYS(prlimit64), EPERM},         /* how big is the stack? */
};

/* Writing to anything but the channel: there is nothing else. */
static const int writing[] = {SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(read)};

struct filter {
    scmp_filter_ctx context;
    int failed; /* the first error, negative */
};

/* The argument, but for what `mask` leaves out, is `value`. As a function: the library's macros for
 * this are none that both compilers take. */
static struct scmp_arg_cmp masked(unsigned argument, uint64_t mask, uint64_t value)
{
    return (struct scmp_arg_cmp){argument, SCMP_CMP_MASKED_EQ, mask, value};
}

/* A number of 32 bits: what is above them the kernel does not see. */
static struct scmp_arg_cmp equal(unsigned argument, int value)
{
    return masked(argument, UINT32_MAX, (uint32_t)value);
}

static struct scmp_arg_cmp different(unsigned argument, int value)
{
    return (struct scmp_arg_cmp){argument, SCMP_CMP_NE, (uint32_t)value, 0};
}

static void add(struct filter *filter, uint32_t action, int call, unsigned count,
                const struct scmp_arg_cmp *conditions)
{
    int result = seccomp_rule_add_array(filter->context, action, call, count, conditions);

    if (result != 0 && filter->failed == 0)
        filter->failed = result;
}

static void allow(struct filter *filter, int call)
{
    add(filter, SCMP_ACT_ALLOW, call, 0, NULL);
}

/* The channel is a socket: read and written as a file, and nothing else. */
static void allow_channel(struct filter *filter, int channel)
{
    const struct scmp_arg_cmp on_channel = equal(0, channel);
    const struct scmp_arg_cmp elsewhere = different(0, channel);

    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, &on_channel);
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, &on_channel);
    for (size_t i = 0; i < ARRAY_LENGTH(writing); i++)
        add(filter, SCMP_ACT_ERRNO(EBADF), writing[i], 1, &elsewhere);
}

/* Memory may be had, but none that can be run. */
static void allow_plain_memory(struct filter *filter)
{
    const struct scmp_arg_cmp not_run = masked(2, PROT_EXEC, 0);

    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &not_run);
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &not_run);
}

/* abort() sends SIGABRT to its own thread; nobody else can be signalled. */
static void allow_abort(struct filter *filter)
{
    const struct scmp_arg_cmp itself[] = {
        equal(0, getpid()),
        equal(1, gettid()),
        equal(2, SIGABRT),
    };

    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), ARRAY_LENGTH(itself), itself);
}

/* Files are opened to be read; which, Landlock says. */
static void allow_loading(struct filter *filter, int channel)
{
    const struct scmp_arg_cmp to_read = masked(2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
    const struct scmp_arg_cmp on_channel = equal(0, channel);
    const struct scmp_arg_cmp elsewhere = different(0, channel);
    const struct scmp_arg_cmp a_filter = equal(0, SECCOMP_SET_MODE_FILTER);
    const struct scmp_arg_cmp its_own = equal(0, 0); /* other hosts have the same account */

    for (size_t i = 0; i < ARRAY_LENGTH(while_loading); i++)
        allow(filter, while_loading[i]);
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, &to_read);
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, &on_channel);
    add(filter, SCMP_ACT_ERRNO(EBADF), SCMP_SYS(write), 1, &elsewhere);
    add(filter, SCMP_ACT_ERRNO(EBADF), SCMP_SYS(writev), 0, NULL);
    add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0, NULL);
    add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(sched_getaffinity), 0, NULL);
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 1, &a_filter);
    add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, &its_own);
}

static void allow_deciding(struct filter *filter, int channel)
{
    allow_channel(filter, channel);
    allow_plain_memory(filter);
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
        add(filter, SCMP_ACT_ERRNO(refused[i].answer), refused[i].call, 0, NULL);
}

bool sandbox_allow(scmp_filter_ctx context, bool loading, int channel, struct error *error)
{
    struct filter filter = {.context = context};

    for (size_t i = 0; i < ARRAY_LENGTH(always); i++)
        allow(&filter, always[i]);
    allow_abort(&filter);
    if (loading)
        allow_loading(&filter, channel);
    else
        allow_deciding(&filter, channel);
    return filter.failed == 0 ||
           error_set(error, "plugin.sandbox", "a system call filter: %s", strerror(-filter.failed));
}

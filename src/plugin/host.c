#include "plugin/host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "plugin/host_spawn.h"

#define FIRST_READ   16384
#define NUMBERS_MOST 128       /* bytes of a line of /proc */
#define COMING_UP    (1 << 20) /* bytes that a host may say before it is ready */
#define WHY_MOST     160       /* bytes of a reason that are shown */
#define LEAVE_MS     200       /* what a process has to end by itself, once its channel is gone */

/* --- Coming up --- */

/* A fresh socket takes a small message whole. */
static bool send_whole(struct host *host, struct buffer *out, struct error *error)
{
    size_t sent = 0;

    wire_end(out);
    bool fine = host_send(host, out, &sent) && sent == out->length;
    buffer_free(out);
    return fine || error_set(error, "plugin.host", "the host does not listen");
}

bool host_order(struct host *host, const struct host_plan *plan, struct error *error)
{
    struct wire_order order = {
        .version = wire_version(),
        .plugins = (uint32_t)plan->count,
        .memory = plan->memory,
        .described = plan->describe ? ~UINT64_C(0) : 0,
        .server = (uint32_t)getpid(),
        .landlock = plan->landlock_needed,
    };
    struct buffer out = {0};

    for (size_t i = 0; i < plan->count; i++)
        order.left_out |= plan->guests[i].left_out ? UINT64_C(1) << i : 0;
    wire_begin(&out, WIRE_ORDER, 0, 0);
    buffer_add(&out, &order, sizeof order);
    return send_whole(host, &out, error);
}

bool host_start(struct host *host, const struct host_plan *plan, struct error *error)
{
    struct buffer out = {0};
    uint32_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += !plan->guests[i].left_out;
    wire_begin(&out, WIRE_START, 0, count);
    for (size_t i = 0; i < plan->count; i++) {
        const struct host_guest *guest = &plan->guests[i];
        if (!guest->left_out)
            wire_put_values(&out, (uint32_t)i, guest->values, guest->value_count);
    }
    return send_whole(host, &out, error);
}

static bool is_readable(const struct host *host, int64_t deadline_us)
{
    struct pollfd channel = {.fd = host->channel, .events = POLLIN};
    int64_t left_ms = (deadline_us - clock_monotonic_us() + 999) / 1000;

    return poll(&channel, 1, left_ms > 0 ? (int)left_ms : 0) > 0;
}

/* A reason as it may be shown and logged: a plugin may have written it. */
static const char *reason_of(struct text said, struct arena *arena)
{
    size_t length = said.length <= WHY_MOST ? said.length : utf8_cut(said.data, WHY_MOST);
    char *reason = arena_copy(arena, said.data, length);
    size_t characters;

    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)reason[i] < ' ' || reason[i] == 0x7f)
            reason[i] = ' ';
    }
    if (!utf8_count((struct text){reason, length}, &characters))
        return "it gives a reason that is no text";
    return reason;
}

static bool hear(const struct host *host, const struct host_plan *plan, struct arena *arena,
                 struct host_report *report, struct error *error)
{
    struct text body = host_body(host);
    size_t index = host->head.count;
    bool fine = body.length > 0 && body.data[0] == WIRE_FINE;
    struct text said = body.length > 0 ? (struct text){body.data + 1, body.length - 1} : TEXT("");

    switch (host->head.kind) {
    case WIRE_LOADED:
    case WIRE_STARTED:
        if (index >= plan->count)
            return error_set(error, "plugin.host", "the host names a plugin that it has not");
        if (!fine)
            report->why[index] = reason_of(said, arena);
        else if (host->head.kind == WIRE_LOADED)
            report->json[index] = arena_copy(arena, said.data, said.length);
        return true;
    case WIRE_SANDBOXED:
    case WIRE_READY:
        return fine || error_set(error, "plugin.sandbox", "%s", reason_of(said, arena));
    default: return error_set(error, "plugin.host", "the host says what it was not asked");
    }
}

static bool is_what(const struct wire_head *head, enum wire_kind until, size_t last)
{
    return head->kind == (uint32_t)until && (until != WIRE_LOADED || head->count == last);
}

bool host_await(struct host *host, const struct host_plan *plan, enum wire_kind until,
                int64_t deadline_us, struct arena *arena, struct host_report *report,
                struct error *error)
{
    while (is_readable(host, deadline_us)) {
        enum host_news news = host_receive(host);

        if (news == HOST_GONE || news == HOST_BABBLES)
            return error_set(error, "plugin.host", "the host ended while it came up");
        if (host->received > COMING_UP)
            return error_set(error, "plugin.host", "the host says too much while it comes up");
        if (news != HOST_MESSAGE)
            continue;
        struct wire_head head = host->head;
        bool fine = hear(host, plan, arena, report, error);
        host_next(host);
        if (!fine)
            return false;
        if (is_what(&head, until, plan->count - 1)) {
            host->ready = until == WIRE_READY;
            return true;
        }
    }
    return error_set(error, "plugin.overran", "it did not come up in time");
}

/* --- Speaking --- */

bool host_send(struct host *host, const struct buffer *out, size_t *sent)
{
    while (*sent < out->length) {
        ssize_t put = send(host->channel, out->data + *sent, out->length - *sent,
                           MSG_DONTWAIT | MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno == EAGAIN;
        *sent += (size_t)put;
    }
    return true;
}

static size_t wanted(const struct host *host)
{
    if (host->in_length < sizeof host->head)
        return sizeof host->head;
    return sizeof host->head + host->head.length;
}

static void make_room(struct host *host, size_t size)
{
    if (size <= host->in_capacity)
        return;
    host->in_capacity = size > FIRST_READ ? size : FIRST_READ;
    host->in = memory_resize(host->in, host->in_capacity, 1);
}

/* What is wrong in a head is seen before room is made for what it announces. */
static bool take_head(struct host *host)
{
    memcpy(&host->head, host->in, sizeof host->head);
    return host->head.magic == WIRE_MAGIC && host->head.length <= WIRE_FRAME_MOST;
}

enum host_news host_receive(struct host *host)
{
    for (;;) {
        size_t whole = wanted(host);

        if (host->in_length == whole && whole > sizeof host->head)
            return HOST_MESSAGE;
        make_room(host, whole);
        ssize_t got =
            recv(host->channel, host->in + host->in_length, whole - host->in_length, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return HOST_QUIET;
        if (got <= 0)
            return HOST_GONE;
        host->in_length += (size_t)got;
        host->received += (size_t)got;
        if (host->in_length != sizeof host->head)
            continue;
        if (!take_head(host))
            return HOST_BABBLES;
        if (host->head.length == 0)
            return HOST_MESSAGE;
    }
}

struct text host_body(const struct host *host)
{
    return (struct text){host->in + sizeof host->head, host->head.length};
}

void host_next(struct host *host)
{
    host->in_length = 0;
}

static uint64_t written_by_itself(const struct host *host)
{
    return __atomic_load_n(&host->page->written, __ATOMIC_ACQUIRE);
}

static ssize_t peek(const struct host *host)
{
    char byte;

    return recv(host->channel, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
}

bool host_has_hung_up(const struct host *host)
{
    return peek(host) == 0;
}

bool host_said_it(const struct host *host, int64_t deadline_us)
{
    while (written_by_itself(host) < host->received) {
        if (host_has_hung_up(host))
            return false;
        if (clock_monotonic_us() >= deadline_us)
            return host->page->stage == BLAME_NOBODY; /* it was done, and has no processor */
        sched_yield();                                /* it comes back from its write */
    }
    return written_by_itself(host) == host->received && peek(host) < 0;
}

/* --- The end --- */

static bool has_ended(const struct host *host, int wait_ms)
{
    struct pollfd end = {.fd = host->pidfd, .events = POLLIN};

    return poll(&end, 1, wait_ms) > 0;
}

static siginfo_t wait_for(const struct host *host)
{
    siginfo_t info = {0};

    while (waitid(P_PIDFD, (id_t)host->pidfd, &info, WEXITED) != 0 && errno == EINTR)
        continue;
    return info;
}

static void judge(struct host_end *end, const siginfo_t *info)
{
    end->detail = info->si_status;
    if (info->si_code == CLD_EXITED)
        end->fault = FAULT_EXITED;
    else if (info->si_status == SIGSYS)
        end->fault = FAULT_FORBIDDEN;
    else if (end->blame.memory)
        end->fault = FAULT_MEMORY;
    else
        end->fault = FAULT_CRASHED;
    end->from_outside =
        info->si_code != CLD_EXITED && (info->si_status == SIGKILL || info->si_status == SIGTERM ||
                                        info->si_status == SIGINT || info->si_status == SIGHUP);
}

struct host_end host_end(struct host *host, enum plugin_fault why)
{
    struct host_end end = {.fault = why};
    bool lives = why != FAULT_NONE || !has_ended(host, LEAVE_MS);

    if (lives)
        pidfd_send_signal(host->pidfd, SIGKILL, NULL, 0);
    siginfo_t info = wait_for(host);
    memcpy(&end.blame, (const void *)(uintptr_t)host->page, sizeof end.blame);
    if (!lives)
        judge(&end, &info);
    else if (why == FAULT_NONE)
        end.fault = FAULT_NONSENSE; /* it hung up, or was given up, and lived on */
    host_free(host);
    return end;
}

void host_end_describe(const struct host_end *end, struct error *error)
{
    static const char *const when[] = {
        [BLAME_NOBODY] = "before or between its work",
        [BLAME_LOADING] = "while it was loaded",
        [BLAME_STARTING] = "in its start",
        [BLAME_ASKED] = "while it answered",
    };
    const char *at = name_from(when, ARRAY_LENGTH(when), end->blame.stage);

    switch (end->fault) {
    case FAULT_CRASHED:
        error_set(error, "plugin.crashed", "it crashed %s: %s", at, strsignal(end->detail));
        return;
    case FAULT_EXITED:
        error_set(error, "plugin.exited", "it ended the process %s, with status %d", at,
                  end->detail);
        return;
    case FAULT_OVERRAN: error_set(error, "plugin.overran", "it took too long %s", at); return;
    case FAULT_FORBIDDEN:
        error_set(error, "plugin.forbidden",
                  "%s it made a system call that plugins may not: files, sockets, processes", at);
        return;
    case FAULT_MEMORY:
        error_set(error, "plugin.memory", "%s it took more memory than it may have", at);
        return;
    default: /* what the caller saw says more */
        if (!error->code)
            error_set(error, "plugin.host", "its host failed %s", at);
        return;
    }
}

int64_t host_memory(const struct host *host)
{
    char path[40], numbers[NUMBERS_MOST] = "", *at = numbers;

    snprintf(path, sizeof path, "/proc/%ld/statm", (long)host->pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    if (read(file, numbers, sizeof numbers - 1) < 0)
        numbers[0] = '\0';
    close(file);
    strtoll(at, &at, 10); /* what it may address */
    int64_t resident = strtoll(at, &at, 10), shared = strtoll(at, &at, 10);
    return (resident - shared) * sysconf(_SC_PAGESIZE);
}

int64_t host_worked_us(const struct host *host)
{
    struct timespec worked;

    if (clock_gettime(host->clock, &worked) != 0)
        return 0;
    return worked.tv_sec * SECOND_US + worked.tv_nsec / 1000;
}

/*
 * One host process, as the server sees it: spawned, brought up, spoken to, ended. The process
 * holds what its plan names; a plan outlives the hosts made of it. A host belongs to one thread at
 * a time; any may spawn one, and whoever holds it ends it, which leaves no zombie.
 */
#ifndef LINLI_HOST_H
#define LINLI_HOST_H

#include <sys/types.h>
#include <time.h>

#include "plugin/wire.h"

/* A plugin of a host. */
struct host_guest {
    int image;                        /* a sealed memory file: image_open */
    const struct linli_value *values; /* of its settings */
    size_t value_count;
    bool left_out; /* it had failed before: the host comes up without it */
};
struct host_plan {
    struct host_guest guests[WIRE_PLUGINS_MOST];
    size_t count;
    int64_t memory;
    bool landlock_needed; /* some guest is neither built in nor signed */
    bool describe;
};

struct host {
    pid_t pid;
    clockid_t clock; /* of what it works */
    int pidfd, channel;
    volatile struct blame *page;
    bool ready;
    uint64_t calls; /* that it has answered */
    uint64_t messages;
    uint64_t received;     /* bytes */
    struct wire_head head; /* of the message that comes in */
    char *in;              /* what of it has come, its head included */
    size_t in_length, in_capacity;
    struct buffer out; /* the question that goes out: kept for its memory */
    struct host *next; /* where it waits for its end */
};

/* The file's bytes as a descriptor that nobody can change; -1 when there is no memory. */
int image_open(struct text bytes, struct error *error);

/* Forks and orders: about a millisecond. It comes up by itself, in about 30. */
struct host *host_spawn(const struct host_plan *plan, struct error *error) MUST_CHECK;
/* Tells it the settings to start its plugins with. */
bool host_start(struct host *host, const struct host_plan *plan, struct error *error) MUST_CHECK;

/* What plugins of a host said while it came up. Texts live in the arena that host_await was given.
 */
struct host_report {
    const char *json[WIRE_PLUGINS_MOST]; /* descriptions, where the plan asked for them */
    const char *why[WIRE_PLUGINS_MOST];  /* why it did not load or start; NULL: it did */
};
/*
 * Waits for a message of kind `until` (WIRE_LOADED: of the last plugin; WIRE_READY), taking what
 * comes before it. False: it died, refused, or took longer: the host is to be ended, and host_end
 * says which.
 */
bool host_await(struct host *host, const struct host_plan *plan, enum wire_kind until,
                int64_t deadline_us, struct arena *arena, struct host_report *report,
                struct error *error) MUST_CHECK;

enum host_news {
    HOST_QUIET,   /* nothing whole yet */
    HOST_MESSAGE, /* host->head, and host_body */
    HOST_GONE,
    HOST_BABBLES, /* what comes is no message */
};
/* Reads what is there, without waiting. After HOST_MESSAGE host_next makes room for the next. */
enum host_news host_receive(struct host *host);
struct text host_body(const struct host *host);
void host_next(struct host *host);
/* Whether all that came was said by the host itself, which tells on the page how much it has said:
 * a plugin that writes to the channel makes it more. Waits for that word, which follows at once. */
bool host_said_it(const struct host *host, int64_t deadline_us);
/* It is no more, and everything that it had said is read. */
bool host_has_hung_up(const struct host *host);
/* Sends what fits, without waiting; *sent moves on. False: nobody listens. */
bool host_send(struct host *host, const struct buffer *out, size_t *sent) MUST_CHECK;

/* How a host ended, and what it was doing. */
struct host_end {
    enum plugin_fault fault;
    int detail;        /* signal or exit status */
    bool from_outside; /* a signal that no plugin can send: somebody's hand, or the system's */
    struct blame blame;
};
/* Kills it if it lives, waits for its end, frees it. `why` is what the caller knows better than the
 * process: FAULT_OVERRAN, FAULT_NONSENSE; FAULT_NONE: how the process ended by itself. */
struct host_end host_end(struct host *host, enum plugin_fault why);
/* "it crashed while it was loaded: Segmentation fault"; of what the process itself cannot tell, the
 * error stays as it is. */
void host_end_describe(const struct host_end *end, struct error *error);

/* Bytes of memory that it has for itself; 0 when that cannot be told. */
int64_t host_memory(const struct host *host);
/* Microseconds of a processor that it has had; 0 when that cannot be told. */
int64_t host_worked_us(const struct host *host);

#endif

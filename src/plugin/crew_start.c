/* The first hosts of crews, which show who comes up. */
#include <stdlib.h>

#include "base/clock.h"
#include "plugin/crew.h"

static void leave_out(struct crew *crew, size_t guest, const char *why)
{
    crew->members[guest].why = why;
    crew->plan.guests[guest].left_out = true;
}

/* Who was loaded or started when the host died is left out; when it was nobody, all are. */
static void blame(struct crew *crew, const struct host_end *end, struct error *error)
{
    size_t guest = end->blame.plugin;
    bool known = (end->blame.stage == BLAME_LOADING || end->blame.stage == BLAME_STARTING) &&
                 guest < crew->plan.count && !crew->plan.guests[guest].left_out;

    if (known)
        host_end_describe(end, error);
    for (size_t i = 0; i < crew->plan.count; i++) {
        if ((known && i == guest) || (!known && !crew->plan.guests[i].left_out))
            leave_out(crew, i, arena_printf(crew->arena, "%s", error->detail));
    }
}

/* True when the host is up, with or without some of its plugins: it is the crew's first spare. */
static bool see_it_up(struct crew *crew, struct host *host, int64_t start_us, struct error *error)
{
    struct host_report report = {0};
    int64_t deadline_us = clock_monotonic_us() + start_us;
    struct host_end end = {0};

    bool up = host_await(host, &crew->plan, WIRE_READY, deadline_us, crew->arena, &report, error);
    bool late = !up && clock_monotonic_us() >= deadline_us;
    for (size_t i = 0; i < crew->plan.count; i++) {
        if (report.why[i])
            leave_out(crew, i, report.why[i]);
    }
    if (up) {
        crew_give_spare(crew, host);
        return true;
    }
    end = host_end(host, late ? FAULT_OVERRAN : FAULT_NONE);
    blame(crew, &end, error);
    return false;
}

/* With `host`, which was spawned for it, and then others: each failure leaves out one plugin more,
 * so this ends. */
static void bring_up(struct crew *crew, struct host *host, int64_t start_us, struct error *error)
{
    const struct host_end no_host = {0};

    while (host && !see_it_up(crew, host, start_us, error))
        host = crew_has_members(crew) ? crew_spawn(crew, error) : NULL;
    if (!host && crew_has_members(crew))
        blame(crew, &no_host, error);
}

void crews_bring_up(struct crew *const crews[], size_t count, int64_t start_us)
{
    struct host **hosts = memory_new((count + 1) * sizeof(struct host *));
    struct error *errors = memory_new((count + 1) * sizeof *errors);

    for (size_t i = 0; i < count; i++)
        hosts[i] = crew_spawn(crews[i], &errors[i]);
    for (size_t i = 0; i < count; i++)
        bring_up(crews[i], hosts[i], start_us, &errors[i]);
    free(hosts);
    free(errors);
}

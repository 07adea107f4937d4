#include "plugin/seating.h"

#include <stdlib.h>

struct seating *seating_new(struct generation *generation, const struct generation *before,
                            struct error *error)
{
    struct seating *seating = memory_new(sizeof *seating);
    bool fine = true;

    seating->generation = generation_hold(generation);
    seating->seats = memory_new((generation->crew_count + 1) * sizeof *seating->seats);
    for (size_t i = 0; i < generation->crew_count; i++) {
        struct crew *crew = generation->crews[i];

        seating->seats[i].crew = crew;
        if (fine && !generation_has(before, crew) && crew_has_members(crew))
            fine = (seating->seats[i].host = crew_spawn(crew, error)) != NULL;
    }
    if (fine)
        return seating;
    seating_free(seating);
    return NULL;
}

bool seating_await(struct seating *seating, int64_t deadline_us, struct error *error)
{
    struct arena *arena = arena_new();
    struct host_report report = {0};
    bool fine = true;

    for (size_t i = 0; fine && i < seating->generation->crew_count; i++) {
        struct seat *seat = &seating->seats[i];

        if (seat->host)
            fine = host_await(seat->host, &seat->crew->plan, WIRE_READY, deadline_us, arena,
                              &report, error);
    }
    arena_free(arena);
    return fine;
}

static struct seat *seat_of(struct seating *seating, const struct crew *crew)
{
    for (size_t i = 0; i < seating->generation->crew_count; i++) {
        if (seating->seats[i].crew == crew)
            return &seating->seats[i];
    }
    return NULL;
}

void seating_take_over(struct seating *seating, struct seating *from)
{
    for (size_t i = 0; from && i < seating->generation->crew_count; i++) {
        struct seat *seat = &seating->seats[i];
        struct seat *other = seat_of(from, seat->crew);

        if (!other || seat->host)
            continue;
        seat->host = other->host;
        other->host = NULL;
    }
}

void seating_free(struct seating *seating)
{
    if (!seating)
        return;
    for (size_t i = 0; i < seating->generation->crew_count; i++) {
        if (seating->seats[i].host)
            host_end(seating->seats[i].host, FAULT_NOT_THERE);
    }
    generation_release(seating->generation);
    free(seating->seats);
    free(seating);
}

#include "cli/demo.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/demo_story.h"

uint32_t demo_random(struct demo_world *world, uint32_t below)
{
    uint64_t z = world->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) % below);
}

static bool load(const struct demo_tools *tools, struct error *error)
{
    int offset = (int)tools->settings->programme.utc_offset_minutes;
    int64_t began_us = clock_monotonic_us();
    struct demo_world world = {.tools = tools, .random = DEMO_SEED, .arena = arena_new()};
    bool loaded;

    world.start_us =
        calendar_day_start_us(calendar_day(clock_now_us(), offset) - DEMO_DAYS, offset);
    loaded = demo_make_world(&world, error) && demo_live(&world, error);
    arena_free(world.arena);
    if (loaded)
        LOG(INFO, "demo.loaded", LOG_INT("members", DEMO_MEMBERS), LOG_INT("days", DEMO_DAYS),
            LOG_INT("us", clock_monotonic_us() - began_us));
    return loaded;
}

bool demo_load(const struct demo_tools *tools, struct error *error)
{
    return demo_load_once(tools, load, error);
}

void demo_print_sign_ins(FILE *out)
{
    fputs(
        "  Sign in to the demo (password " DEMO_PASSWORD "):\n"
        "    demo.admin  demo.admin2    administrators (two people agree on adjustments)\n"
        "    demo.auditor               auditor\n"
        "    demo.street                coordinator of the street, demo.east of one community\n"
        "    shop1 … shop12             clerks, shop1.boss a manager\n"
        "  Members sign in by phone, 19900000001 to 19900000300: the code appears in this log.\n\n",
        out);
}

#include "cli/demo.h"

#include <string.h>

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

bool demo_goes_on(const struct demo_tools *tools, struct error *error)
{
    return !tools->must_stop(tools->context) ||
           error_set(error, "demo.stopped",
                     "stopped while the demo was loaded: the next start"
                     " loads it anew");
}

bool demo_load(const struct demo_tools *tools, struct error *error)
{
    struct demo_tools own = *tools;
    struct id_maker ids;

    own.ids = &ids;
    return demo_load_once(
        &own, tools->settings->process.demo == DEMO_DISTRICT ? district_load : load, error);
}

char *demo_cases_path(const struct settings *settings)
{
    const char *folder = settings->embedded.state_dir;
    size_t size = strlen(folder) + sizeof "/" DEMO_CASES_FILE;
    char *path = memory_new(size);

    snprintf(path, size, "%s/" DEMO_CASES_FILE, folder);
    return path;
}

void demo_print_sign_ins(const struct settings *settings, FILE *out)
{
    bool is_district = settings->process.demo == DEMO_DISTRICT;

    fputs("  Sign in to the demo (password " DEMO_PASSWORD "):\n"
          "    demo.admin  demo.admin2    administrators (two people agree on adjustments)\n"
          "    demo.auditor               auditor\n",
          out);
    fputs(
        is_district
            ? "    demo.district              coordinator of the district, demo.street of a "
              "street,\n"
              "                               demo.east of a community; demo.office reads an "
              "office\n"
              "    shop1  shop2               clerks, shop1.boss and shop2.boss their managers\n"
              "  Members sign in by phone, 19900000001 to 19900000300 and most up to 19900019400:\n"
              "  the code appears in this log. `linli demo cases` lists what is planted.\n\n"
            : "    demo.street                coordinator of the street, demo.east of one "
              "community\n"
              "    shop1 … shop12             clerks, shop1.boss a manager\n"
              "  Members sign in by phone, 19900000001 to 19900000300: the code appears in this "
              "log.\n\n",
        out);
}

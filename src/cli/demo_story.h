/*
 * The demo's inside: the world that demo_world.c makes and demo_year.c lets live.
 */
#ifndef LINLI_DEMO_STORY_H
#define LINLI_DEMO_STORY_H

#include "cli/demo.h"
#include "ledger/teller.h"

#define DEMO_SEED      20261122
#define DEMO_MEMBERS   300
#define DEMO_MERCHANTS 12
#define DEMO_REWARDS   36
#define DEMO_DAYS      91
#define DEMO_PASSWORD  "linli-demo"

struct demo_member {
    uint64_t id;
    int64_t spendable; /* as the ledger last said */
};

struct demo_merchant {
    uint64_t id;
    uint64_t clerk; /* account */
};

struct demo_reward {
    uint64_t id;
    size_t merchant;
    int64_t price;
};

struct demo_world {
    const struct demo_tools *tools;
    struct arena *arena;
    uint64_t random;  /* state of the generator */
    int64_t start_us; /* midnight of the first day */
    uint64_t street, communities[3];
    uint64_t administrator, coordinator; /* accounts */
    struct demo_member members[DEMO_MEMBERS];
    struct demo_merchant merchants[DEMO_MERCHANTS];
    struct demo_reward rewards[DEMO_REWARDS];
};

/* 0 .. below - 1; SplitMix64 (Steele, Lea, Flood 2014). */
uint32_t demo_random(struct demo_world *world, uint32_t below);

/* The demos, by DEMO_…: called inside demo_load_once. */
bool district_load(const struct demo_tools *tools, struct error *error) MUST_CHECK;

/* Runs `load`, with ids and an instance number of its own, in a database that nobody has used, and
 * again where one that began did not end. */
bool demo_load_once(struct demo_tools *tools,
                    bool (*load)(const struct demo_tools *tools, struct error *error),
                    struct error *error) MUST_CHECK;

/* Places, people, merchants and rewards, as they were before the first day. */
bool demo_make_world(struct demo_world *world, struct error *error) MUST_CHECK;
/* Stock, then every day's activities, reviews, redemptions and confirmations. */
bool demo_live(struct demo_world *world, struct error *error) MUST_CHECK;

#endif

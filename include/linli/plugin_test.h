/*
 * Testing a plugin in its own test program: link the plugin's code into it, start it with settings
 * as an administrator would write them, set facts, ask, look at the answer.
 *
 *     extern const struct linli_plugin linli_plugin;
 *     struct linli_test test;
 *
 *     assert(linli_test_start(&test, &linli_plugin, "most=3 window=1h"));
 *     linli_test_fact(&test, "member.redemptions_24h", 4);
 *     assert(linli_test_check(&test, &(struct linli_event){.kind = LINLI_REDEEM}) == LINLI_FLAG);
 *     assert(strcmp(test.opinion.reason.code, "too_many") == 0);
 *
 * The server asks in a sandbox, with deadlines, and checks more: run `linli plugin check` as well.
 */
#ifndef LINLI_PLUGIN_TEST_H
#define LINLI_PLUGIN_TEST_H

#include <assert.h>
#include <stdlib.h>

#include "plugin.h"

#define LINLI_TEST_MOST 32
#define LINLI_TEST_ROOM 4096

struct linli_test {
    const struct linli_plugin *plugin;
    void *state;
    struct linli_value settings[LINLI_TEST_MOST], facts[LINLI_TEST_MOST];
    char texts[LINLI_TEST_MOST][LINLI_TEST_ROOM]; /* of settings */
    char why[LINLI_TEST_ROOM];                    /* of a start that was refused */
    /* The last answer, with its rooms. */
    struct linli_opinion opinion;
    struct linli_award award;
    struct linli_rating rating;
    struct linli_step step;
    char rooms[2 * LINLI_MOST_REASONS + 10][LINLI_TEST_ROOM];
    size_t rooms_used;
};

static inline struct linli_room linli_test_room(struct linli_test *test)
{
    struct linli_room room = {NULL, LINLI_TEST_ROOM, 0};

    room.bytes = test->rooms[test->rooms_used++];
    memset(room.bytes, 0, LINLI_TEST_ROOM);
    return room;
}

static inline void linli_test_reason(struct linli_test *test, struct linli_reason *reason)
{
    reason->zh = linli_test_room(test);
    reason->en = linli_test_room(test);
}

/* The index of a setting; asserts that there is one of that name. */
static inline size_t linli_test_setting(const struct linli_test *test, const char *name,
                                        size_t length)
{
    size_t i = 0;

    while (i < test->plugin->setting_count &&
           (test->plugin->settings[i].name.length != length ||
            memcmp(test->plugin->settings[i].name.bytes, name, length) != 0))
        i++;
    assert(i < test->plugin->setting_count && "the plugin has no such setting");
    return i;
}

static inline void linli_test_set(struct linli_test *test, size_t i, const char *value,
                                  size_t length)
{
    struct linli_value *out = &test->settings[i];
    bool is_points = test->plugin->settings[i].type == LINLI_SETTING_POINTS;

    assert(length < LINLI_TEST_ROOM);
    if (length > 0)
        memcpy(test->texts[i], value, length);
    test->texts[i][length] = '\0';
    out->known = length > 0;
    out->text.bytes = test->texts[i];
    out->text.length = length;
    out->number = is_points ? (int64_t)(strtod(test->texts[i], NULL) * 100)
                            : strtoll(test->texts[i], NULL, 10);
    if (test->plugin->settings[i].type == LINLI_SETTING_BOOL)
        out->number = strcmp(test->texts[i], "true") == 0;
}

/* Starts the plugin. `settings` is "name=value name=value"; a value may hold no space (of a MAP:
 * lines are separated by ';'). What is not named has its default. */
static inline bool linli_test_start(struct linli_test *test, const struct linli_plugin *plugin,
                                    const char *settings)
{
    struct linli_room why = {NULL, LINLI_TEST_ROOM, 0};
    struct linli_setup setup = {sizeof setup, 0, NULL, NULL};

    memset(test, 0, sizeof *test);
    test->plugin = plugin;
    for (size_t i = 0; i < plugin->setting_count; i++)
        linli_test_set(test, i, plugin->settings[i].fallback.bytes,
                       plugin->settings[i].fallback.length);
    while (*settings) {
        const char *equals = strchr(settings, '=');
        size_t length = strcspn(settings, " ");
        size_t i = linli_test_setting(test, settings, (size_t)(equals - settings));

        linli_test_set(test, i, equals + 1, length - (size_t)(equals + 1 - settings));
        for (char *at = test->texts[i]; plugin->settings[i].type == LINLI_SETTING_MAP && *at; at++)
            *at = *at == ';' ? '\n' : *at;
        settings += length + (settings[length] == ' ');
    }
    why.bytes = test->why;
    setup.value_count = plugin->setting_count;
    setup.values = test->settings;
    setup.why = &why;
    return plugin->start == NULL || plugin->start(&setup, &test->state);
}

/* Asserts that the plugin asks for this fact. */
static inline void linli_test_fact(struct linli_test *test, const char *name, int64_t number)
{
    size_t i = 0;

    while (i < test->plugin->fact_count && !linli_text_is(test->plugin->facts[i], name))
        i++;
    assert(i < test->plugin->fact_count && "the plugin asks for no such fact");
    test->facts[i].number = number;
    test->facts[i].known = 1;
}

static inline struct linli_facts linli_test_facts(const struct linli_test *test)
{
    struct linli_facts facts = {test->facts, test->plugin->fact_count};

    return facts;
}

/* Asks an audit rule; the answer is in test->opinion as well. */
static inline enum linli_verdict linli_test_check(struct linli_test *test,
                                                  const struct linli_event *event)
{
    struct linli_event asked = *event;
    struct linli_facts facts = linli_test_facts(test);

    test->rooms_used = 0;
    memset(&test->opinion, 0, sizeof test->opinion);
    test->opinion.size = sizeof test->opinion;
    linli_test_reason(test, &test->opinion.reason);
    asked.size = sizeof asked;
    test->plugin->audit->check(test->state, &asked, &facts, &test->opinion);
    return (enum linli_verdict)test->opinion.verdict;
}

/* Asks a policy what a record is worth: hundredths; the rest is in test->award. */
static inline int64_t linli_test_award(struct linli_test *test,
                                       const struct linli_award_question *question)
{
    struct linli_award_question asked = *question;
    struct linli_facts facts = linli_test_facts(test);

    test->rooms_used = 0;
    memset(&test->award, 0, sizeof test->award);
    test->award.size = sizeof test->award;
    linli_test_reason(test, &test->award.reason);
    asked.size = sizeof asked;
    test->plugin->assessment->award(test->state, &asked, &facts, &test->award);
    return test->award.points;
}

/* Asks a policy for a rating: its code; the reasons are in test->rating. */
static inline const char *linli_test_rate(struct linli_test *test,
                                          const struct linli_rate_question *question)
{
    struct linli_rate_question asked = *question;
    struct linli_facts facts = linli_test_facts(test);

    test->rooms_used = 0;
    memset(&test->rating, 0, sizeof test->rating);
    test->rating.size = sizeof test->rating;
    for (size_t i = 0; i < LINLI_MOST_REASONS; i++)
        linli_test_reason(test, &test->rating.reasons[i]);
    asked.size = sizeof asked;
    test->plugin->assessment->rate(test->state, &asked, &facts, &test->rating);
    return test->rating.code;
}

/* Asks a merchant for its next step. */
static inline enum linli_outcome linli_test_step(struct linli_test *test,
                                                 const struct linli_step_question *question)
{
    struct linli_step_question asked = *question;
    struct linli_facts facts = linli_test_facts(test);

    test->rooms_used = 0;
    memset(&test->step, 0, sizeof test->step);
    test->step.size = sizeof test->step;
    test->step.outcome = LINLI_UNKNOWN;
    test->step.state = linli_test_room(test);
    test->step.voucher = linli_test_room(test);
    test->step.http.method = linli_test_room(test);
    test->step.http.url = linli_test_room(test);
    test->step.http.body = linli_test_room(test);
    test->step.http.type = linli_test_room(test);
    test->step.http.credential = linli_test_room(test);
    linli_test_reason(test, &test->step.reason);
    asked.size = sizeof asked;
    asked.settings = test->settings;
    asked.setting_count = test->plugin->setting_count;
    test->plugin->merchant->step(test->state, &asked, &facts, &test->step);
    return (enum linli_outcome)test->step.outcome;
}

#endif

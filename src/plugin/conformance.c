#include "plugin/conformance.h"

#include <string.h>

#include "base/buffer.h"

#define QUESTIONS 2500 /* of each operation that the plugin has */
#define SMALL     1000 /* every number of points below this is asked about, twice */

/* --- Odd numbers and texts -------------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea, Flood 2014): the same questions for everybody. */
static uint64_t next(uint64_t *state)
{
    uint64_t value = *state += UINT64_C(0x9E3779B97F4A7C15);

    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

/* Facts count, so they are never below zero; a thousand million is more than any of them will be.
 */
static int64_t odd_number(uint64_t *state)
{
    static const int64_t odd[] = {0, 1, 59, 60, 10000, 1000000, 1000000000};
    uint64_t pick = next(state);

    return pick % 3 ? (int64_t)(pick >> 32) % 1000 : odd[pick / 3 % ARRAY_LENGTH(odd)];
}

/* As a question may have it: never below zero, never absurd. */
static int64_t some(uint64_t *state, int64_t most)
{
    return (int64_t)(next(state) >> 1) % (most + 1);
}

#define LONG_TEXT 4096

static struct linli_text odd_text(uint64_t *state, struct arena *arena)
{
    static const struct linli_text odd[] = {LINLI_TEXT(""),
                                            LINLI_TEXT("clean_homes"),
                                            LINLI_TEXT("积分积分"),
                                            LINLI_TEXT("{\"a\":1}"),
                                            LINLI_TEXT("code=ABC-123\n"),
                                            LINLI_TEXT("%s%n%d"),
                                            LINLI_TEXT("\"'<>&\\\n\t")};
    uint64_t pick = next(state);
    char *text;

    if (pick % 16 != 0)
        return odd[pick / 16 % ARRAY_LENGTH(odd)];
    text = arena_take(arena, LONG_TEXT);
    memset(text, 'x', LONG_TEXT);
    return (struct linli_text){text, LONG_TEXT};
}

/* --- Questions -------------------------------------------------------------------------------- */

#define YEAR_US (365 * DAY_US)
#define THEN_US INT64_C(1780000000000000) /* 2026 */

static struct linli_event odd_event(uint64_t *state, int64_t number,
                                    const struct manifest *manifest)
{
    int64_t at_us = THEN_US + some(state, YEAR_US);
    uint32_t kind;

    do
        kind = UINT32_C(1) << next(state) % 6;
    while (!(manifest->events & kind));
    return (struct linli_event){
        .size = sizeof(struct linli_event),
        .kind = kind,
        .event = next(state),
        .member = next(state),
        .actor = next(state) % 3 ? next(state) : 0,
        .merchant = next(state),
        .subject = next(state),
        .points = number < 2 * SMALL ? number % SMALL : some(state, INT64_C(1000000000)),
        .minutes = some(state, 1440),
        .at_us = at_us,
        .started_us = at_us - some(state, DAY_US),
        .ended_us = at_us,
        .grade = (uint32_t)(next(state) % 5),
        .replayed = (uint32_t)(next(state) % 2),
    };
}

static struct linli_award_question odd_award(uint64_t *state, struct arena *arena)
{
    int64_t at_us = THEN_US + some(state, YEAR_US);

    return (struct linli_award_question){
        .size = sizeof(struct linli_award_question),
        .grade = 1 + (uint32_t)(next(state) % 4),
        .record = next(state),
        .member = next(state),
        .activity = next(state),
        .category = odd_text(state, arena),
        .minutes = some(state, 1440),
        .coefficient_percent = some(state, 300),
        .difficulty = some(state, 5),
        .started_us = at_us - DAY_US,
        .now_us = at_us,
    };
}

static struct linli_rate_question odd_rate(uint64_t *state, const struct manifest *manifest)
{
    uint32_t scopes = manifest->assessment.scopes;
    bool unit = scopes == LINLI_OF_UNIT || (scopes & LINLI_OF_UNIT && next(state) % 2);

    return (struct linli_rate_question){
        .size = sizeof(struct linli_rate_question),
        .scope = unit ? LINLI_OF_UNIT : LINLI_OF_MEMBER,
        .subject = next(state),
        .from_us = THEN_US,
        .to_us = THEN_US + YEAR_US,
        .now_us = THEN_US + some(state, 2 * YEAR_US),
        .forecast = (uint32_t)(next(state) % 2),
    };
}

static struct linli_step_question odd_step(uint64_t *state, const struct manifest *manifest,
                                           struct linli_value *settings, struct arena *arena)
{
    static const int32_t statuses[] = {0, 0, -1, 200, 201, 204, 400, 404, 409, 500, 503};
    uint32_t wanted = manifest->merchant.operations | 1U << LINLI_RESERVE | 1U << LINLI_QUERY,
             operation;

    do
        operation = (uint32_t)(next(state) % 8);
    while (!(wanted & 1U << operation));
    return (struct linli_step_question){
        .size = sizeof(struct linli_step_question),
        .operation = operation,
        .asked_about = operation == LINLI_QUERY ? LINLI_RESERVE : 0,
        .attempt = 1 + (uint32_t)(next(state) % 5),
        .redemption = next(state),
        .member = next(state),
        .reward = next(state),
        .key = LINLI_TEXT("0123456789abcdef-1"),
        .item = odd_text(state, arena),
        .voucher = operation == LINLI_RESERVE ? (struct linli_text)LINLI_TEXT("POOL-7")
                                              : (struct linli_text)LINLI_TEXT("V-7"),
        .points = some(state, 100000),
        .reimburse_fen = some(state, 100000),
        .created_us = THEN_US,
        .expires_us = THEN_US + 30 * DAY_US,
        .now_us = THEN_US + some(state, 30 * DAY_US),
        .status = statuses[next(state) % ARRAY_LENGTH(statuses)],
        .response = odd_text(state, arena),
        .settings = settings,
        .setting_count = (uint32_t)manifest->setting_count,
    };
}

static void set_facts(uint64_t *state, struct plugin_call *call, const struct manifest *manifest,
                      struct arena *arena)
{
    call->values = arena_take(arena, (manifest->fact_count + 1) * sizeof *call->values);
    for (size_t i = 0; i < manifest->fact_count; i++) {
        bool known = next(state) % 8 != 0;

        call->values[i] = (struct linli_value){.known = known, .text = LINLI_TEXT("")};
        if (known)
            call->values[i].number = odd_number(state);
    }
}

/* --- Asking ----------------------------------------------------------------------------------- */

struct suite {
    const struct plugin_options *options;
    const char *program;
    struct text image;
    const json_t *settings;
    struct linli_value values[PLUGIN_SETTINGS_MOST];
    struct arena *arena;
    struct conformance *out;
    struct plugin_call *calls;
    size_t count;
};

static void add_question(struct suite *suite, enum plugin_operation operation, uint64_t *state)
{
    const struct manifest *manifest = &suite->out->manifest;
    int64_t number = (int64_t)suite->count;
    struct plugin_call *call = &suite->calls[suite->count++];

    *call = (struct plugin_call){.operation = operation};
    switch (operation) {
    case PLUGIN_CHECK: call->question.event = odd_event(state, number, manifest); break;
    case PLUGIN_AWARD: call->question.award = odd_award(state, suite->arena); break;
    case PLUGIN_RATE: call->question.rate = odd_rate(state, manifest); break;
    default: call->question.step = odd_step(state, manifest, suite->values, suite->arena); break;
    }
    set_facts(state, call, manifest, suite->arena);
}

static bool has_operation(const struct manifest *manifest, enum plugin_operation operation)
{
    switch (operation) {
    case PLUGIN_CHECK: return manifest->kind == LINLI_AUDIT;
    case PLUGIN_AWARD: return manifest->kind == LINLI_ASSESSMENT && manifest->assessment.awards;
    case PLUGIN_RATE: return manifest->kind == LINLI_ASSESSMENT && manifest->assessment.rates;
    default: return manifest->kind == LINLI_MERCHANT;
    }
}

static void make_questions(struct suite *suite)
{
    uint64_t state = 1;

    suite->calls = arena_take(suite->arena, 2 * QUESTIONS * sizeof *suite->calls);
    for (enum plugin_operation operation = PLUGIN_CHECK; operation <= PLUGIN_STEP; operation++)
        for (int i = 0; i < QUESTIONS && has_operation(&suite->out->manifest, operation); i++)
            add_question(suite, operation, &state);
    suite->out->questions = suite->count;
}

/* A copy of the questions for another host, the last first. */
static struct plugin_call *reversed(const struct suite *suite)
{
    struct plugin_call *calls = arena_take(suite->arena, (suite->count + 1) * sizeof *calls);

    for (size_t i = 0; i < suite->count; i++) {
        const struct plugin_call *from = &suite->calls[suite->count - 1 - i];
        calls[i] = (struct plugin_call){
            .operation = from->operation, .question = from->question, .values = from->values};
    }
    return calls;
}

static bool ask(const struct suite *suite, struct plugin_call *calls, struct error *error)
{
    struct manifest again;

    return plugin_try(suite->options, suite->program, suite->image, suite->settings, suite->arena,
                      &again, calls, suite->count, error);
}

/* --- Answers ---------------------------------------------------------------------------------- */

static void add_room(struct buffer *out, const struct linli_room *room)
{
    buffer_add_u32(out, (uint32_t)room->length);
    buffer_add(out, room->bytes, room->length);
}

static void add_reason(struct buffer *out, const struct linli_reason *reason)
{
    buffer_add(out, reason->code, strnlen(reason->code, sizeof reason->code) + 1);
    add_room(out, &reason->zh);
    add_room(out, &reason->en);
}

static void add_step(struct buffer *out, const struct linli_step *step)
{
    buffer_add_u32(out, step->outcome);
    add_room(out, &step->state);
    add_room(out, &step->voucher);
    add_room(out, &step->http.method);
    add_room(out, &step->http.url);
    add_room(out, &step->http.body);
    add_room(out, &step->http.type);
    add_room(out, &step->http.credential);
    buffer_add_u64(out, (uint64_t)step->retry_s);
    buffer_add_u64(out, (uint64_t)step->expires_us);
    add_reason(out, &step->reason);
}

/* All that an answer says, as bytes to compare. */
static void add_answer(struct buffer *out, const struct plugin_call *call)
{
    buffer_add_u32(out, (uint32_t)call->fault);
    if (call->fault != FAULT_NONE)
        return;
    switch (call->operation) {
    case PLUGIN_CHECK:
        buffer_add_u32(out, call->answer.opinion.verdict);
        add_reason(out, &call->answer.opinion.reason);
        break;
    case PLUGIN_AWARD:
        buffer_add_u64(out, (uint64_t)call->answer.award.points);
        buffer_add_u64(out, (uint64_t)call->answer.award.daily_cap);
        buffer_add_u64(out, (uint64_t)call->answer.award.expires_us);
        add_reason(out, &call->answer.award.reason);
        break;
    case PLUGIN_RATE:
        buffer_add(out, call->answer.rating->code, sizeof call->answer.rating->code);
        for (uint32_t i = 0; i < call->answer.rating->reason_count; i++) {
            add_reason(out, &call->answer.rating->reasons[i]);
            buffer_add_u64(out, (uint64_t)call->answer.rating->missing[i]);
        }
        break;
    default: add_step(out, call->answer.step); break;
    }
}

static bool is_same(const struct plugin_call *one, const struct plugin_call *other)
{
    struct buffer left = {0}, right = {0};
    bool same;

    add_answer(&left, one);
    add_answer(&right, other);
    same = left.length == right.length && memcmp(left.data, right.data, left.length) == 0;
    buffer_free(&left);
    buffer_free(&right);
    return same;
}

/* --- Checks ----------------------------------------------------------------------------------- */

static const char *const operation_names[] = {"", "check", "award", "rate", "step"};

static void add_check(struct suite *suite, const char *name, const char *fault)
{
    struct conformance *out = suite->out;

    ASSERT(out->count < CONFORMANCE_CHECKS_MOST);
    out->checks[out->count++] = (struct conformance_check){name, fault};
    out->passed = out->passed && !fault;
}

static const char *first_fault(const struct suite *suite)
{
    for (size_t i = 0; i < suite->count; i++)
        if (suite->calls[i].fault != FAULT_NONE)
            return arena_printf(suite->arena, "question %zu (%s): %s (%d)", i,
                                operation_names[suite->calls[i].operation],
                                plugin_fault_name(suite->calls[i].fault),
                                suite->calls[i].fault_detail);
    return NULL;
}

static const char *first_difference(const struct suite *suite, const struct plugin_call *again)
{
    for (size_t i = 0; i < suite->count; i++)
        if (!is_same(&suite->calls[i], &again[suite->count - 1 - i]))
            return arena_printf(suite->arena,
                                "question %zu (%s) was answered in another way when it was asked "
                                "again, in a fresh host and another order: keep no state, read no "
                                "clock",
                                i, operation_names[suite->calls[i].operation]);
    return NULL;
}

/* A question's share of its batch: what matters, since the server asks in batches. */
static void take_times(struct suite *suite)
{
    int64_t took_us = 0;

    for (size_t i = 0; i < suite->count; i++)
        took_us += suite->calls[i].took_us;
    if (suite->count > 0)
        suite->out->mean_ns = took_us * 1000 / (int64_t)suite->count;
}

static const char *untold_setting(const struct suite *suite)
{
    const struct manifest *manifest = &suite->out->manifest;

    for (size_t i = 0; i < manifest->setting_count; i++)
        if (!*manifest->settings[i].help_zh || !*manifest->settings[i].help_en)
            return arena_printf(suite->arena, "%s has no help in both languages",
                                manifest->settings[i].name);
    return NULL;
}

static void check_answers(struct suite *suite, struct error *error)
{
    struct plugin_call *again = reversed(suite);
    bool asked = ask(suite, suite->calls, error) && ask(suite, again, error);
    const char *broken = asked ? NULL : arena_printf(suite->arena, "%s", error->detail);

    add_check(suite, "Every question is answered, within bounds and in time",
              broken ? broken : first_fault(suite));
    add_check(suite, "The same question gets the same answer",
              broken ? "not asked" : first_difference(suite, again));
    take_times(suite);
}

bool plugin_conforms(const struct plugin_options *options, const char *program, struct text image,
                     const json_t *settings, struct arena *arena, struct conformance *out,
                     struct error *error)
{
    struct suite suite = {options, program, image, settings, .arena = arena, .out = out};
    json_t *none = json_object();

    *out = (struct conformance){.passed = true};
    out->described =
        plugin_try(options, program, image, settings, arena, &out->manifest, NULL, 0, error);
    add_check(&suite, "It opens, describes itself and starts",
              out->described ? NULL : arena_printf(arena, "%s", error->detail));
    if (out->described) {
        bool settled = manifest_settings(&out->manifest, settings ? settings : none, arena,
                                         suite.values, error);
        add_check(&suite, "Its settings have values",
                  settled ? NULL
                          : arena_printf(arena, "%s: give them by --settings=FILE", error->detail));
        add_check(&suite, "Every setting is explained in Chinese and English",
                  untold_setting(&suite));
        if (settled) {
            make_questions(&suite);
            check_answers(&suite, error);
        }
    }
    json_decref(none);
    return true;
}

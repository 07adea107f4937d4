/* Questions and answers on the wire: what goes in comes out, and nothing else is believed. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "plugin/wire.h"

static const struct manifest audit_manifest = {
    .kind = LINLI_AUDIT, .name = "rule", .fact_count = 3};
static const struct manifest merchant_manifest = {.kind = LINLI_MERCHANT, .name = "shop"};
static const struct manifest policy_manifest = {
    .kind = LINLI_ASSESSMENT,
    .name = "policy",
    .assessment = {.ratings = {{"good", "好", "good", false}}, .rating_count = 1}};
static const struct plugin audit = {.manifest = &audit_manifest};
static const struct plugin merchant = {.manifest = &merchant_manifest};
static const struct plugin policy = {.manifest = &policy_manifest};
static const uint8_t key[PSEUDONYM_KEY_SIZE] = {1, 2, 3};

static struct linli_text text_of(const char *text)
{
    return (struct linli_text){text, strlen(text)};
}

static bool text_is(struct linli_text text, const char *other)
{
    return linli_text_is(text, other);
}

/* The body of a frame, in memory that may be written and ends where it ends. */
static char *body_of(const struct buffer *frame, size_t *length)
{
    char *body;

    *length = frame->length - sizeof(struct wire_head);
    body = malloc(*length > 0 ? *length : 1);
    memcpy(body, frame->data + sizeof(struct wire_head), *length);
    return body;
}

static void an_event_comes_with_its_facts(void **state)
{
    struct linli_value facts[3] = {{.number = 42, .known = 1},
                                   {.text = text_of("unknown"), .number = 9},
                                   {.text = text_of("文字"), .known = 1}};
    struct plugin_call call = {.plugin = &audit,
                               .operation = PLUGIN_CHECK,
                               .question.event = {.kind = LINLI_EARN, .member = 7, .points = 250},
                               .values = facts};
    struct pseudonyms pseudonyms = pseudonyms_of(key, "rule");
    struct buffer frame = {0};
    struct wire_question question;
    size_t length;

    (void)state;
    wire_begin(&frame, WIRE_ASK, 5, 2);
    wire_put_question(&frame, 1, &call, &pseudonyms);
    wire_put_question(&frame, 0, &call, &pseudonyms);
    wire_end(&frame);
    char *body = body_of(&frame, &length), *at = body;
    for (uint32_t i = 0; i < 2; i++) {
        const struct linli_event *event;

        assert_true(wire_take_question(&at, body + length, &question));
        event = question.question;
        assert_int_equal(question.plugin, 1 - i);
        assert_int_equal(event->size, sizeof *event);
        assert_int_equal(event->points, 250);
        assert_int_equal(event->actor, 0);
        assert_true(event->member != 0 && event->member != 7);
        assert_int_equal(question.value_count, 3);
        assert_int_equal(question.values[0].number, 42);
        assert_int_equal(question.values[1].known, 0);
        assert_int_equal(question.values[1].number, 0);
        assert_int_equal(question.values[1].text.length, 0);
        assert_true(text_is(question.values[2].text, "文字"));
    }
    assert_ptr_equal(at, body + length);
    free(body);
    buffer_free(&frame);
}

static void a_step_comes_with_its_texts_and_settings(void **state)
{
    struct linli_value settings[2] = {{.text = text_of("https://shop"), .known = 1},
                                      {.number = 3, .known = 1}};
    struct plugin_call call = {.plugin = &merchant,
                               .operation = PLUGIN_STEP,
                               .question.step = {.operation = LINLI_RESERVE,
                                                 .redemption = 5,
                                                 .key = text_of("key-5"),
                                                 .item = text_of("面"),
                                                 .response = text_of("{}"),
                                                 .openid = text_of("o1"),
                                                 .status = -1,
                                                 .settings = settings,
                                                 .setting_count = 2}};
    struct pseudonyms pseudonyms = pseudonyms_of(key, "shop");
    struct buffer frame = {0};
    struct wire_question question;
    size_t length;

    (void)state;
    wire_begin(&frame, WIRE_ASK, 5, 1);
    wire_put_question(&frame, 0, &call, &pseudonyms);
    wire_end(&frame);
    char *body = body_of(&frame, &length), *at = body;
    assert_true(wire_take_question(&at, body + length, &question));
    const struct linli_step_question *step = question.question;
    assert_true(text_is(step->key, "key-5"));
    assert_true(text_is(step->item, "面"));
    assert_true(text_is(step->response, "{}"));
    assert_true(text_is(step->openid, "o1"));
    assert_true(text_is(step->phone, ""));
    assert_int_equal(step->status, -1);
    assert_int_equal(step->setting_count, 2);
    assert_true(text_is(step->settings[0].text, "https://shop"));
    assert_int_equal(step->settings[1].number, 3);
    free(body);
    buffer_free(&frame);
}

/* Every prefix of a frame, and every byte of it changed, is read within its bounds. */
static void a_broken_question_is_read_within_its_bounds(void **state)
{
    struct linli_value facts[3] = {
        {.number = 42, .known = 1}, {0}, {.text = text_of("x"), .known = 1}};
    struct plugin_call call = {.plugin = &audit,
                               .operation = PLUGIN_CHECK,
                               .question.event = {.member = 7},
                               .values = facts};
    struct pseudonyms pseudonyms = pseudonyms_of(key, "rule");
    struct buffer frame = {0};
    struct wire_question question;
    size_t length;

    (void)state;
    wire_begin(&frame, WIRE_ASK, 5, 1);
    wire_put_question(&frame, 0, &call, &pseudonyms);
    wire_end(&frame);
    char *whole = body_of(&frame, &length);
    for (size_t cut = 0; cut < length; cut++) {
        char *body = malloc(cut > 0 ? cut : 1), *at = body;
        memcpy(body, whole, cut);
        assert_false(wire_take_question(&at, body + cut, &question));
        free(body);
    }
    for (size_t i = 0; i < length * 8; i++) {
        char *body = malloc(length), *at = body;
        memcpy(body, whole, length);
        body[i / 8] = (char)(body[i / 8] ^ 1 << i % 8);
        if (wire_take_question(&at, body + length, &question))
            assert_true(at <= body + length);
        free(body);
    }
    free(whole);
    buffer_free(&frame);
}

/* --- Answers --- */

struct answered {
    struct wire_rooms *rooms;
    union wire_answer answer;
    struct buffer out;
    struct arena *arena;
    struct error why;
};

static void begin(struct answered *answered, enum plugin_operation operation)
{
    *answered = (struct answered){.rooms = wire_rooms_new(), .arena = arena_new()};
    wire_rooms_clear(answered->rooms, operation, &answered->answer);
}

/* What the server makes of what the host writes. */
static void send_to(struct answered *answered, struct plugin_call *call)
{
    buffer_clear(&answered->out);
    wire_put_answer(&answered->out, call->operation, &answered->answer, answered->rooms);
    struct reader reader = reader_of(answered->out.data, answered->out.length);
    assert_true(wire_take_answer(&reader, call, answered->arena, &answered->why));
    assert_ptr_equal(reader.at, reader.end);
}

static void end(struct answered *answered)
{
    free(answered->rooms);
    buffer_free(&answered->out);
    arena_free(answered->arena);
}

static void an_opinion_comes_back(void **state)
{
    struct plugin_call call = {.plugin = &audit, .operation = PLUGIN_CHECK};
    struct answered answered;

    (void)state;
    begin(&answered, PLUGIN_CHECK);
    send_to(&answered, &call);
    assert_int_equal(call.fault, FAULT_NONE);
    assert_int_equal(call.answer.opinion.verdict, LINLI_ALLOW);
    linli_decide(&answered.answer.opinion, LINLI_FLAG, "too_many");
    linli_say(&answered.answer.opinion.reason.zh, "太多 %d", 5);
    linli_say(&answered.answer.opinion.reason.en, "%d are too many", 5);
    send_to(&answered, &call);
    assert_int_equal(call.fault, FAULT_NONE);
    assert_string_equal(call.answer.opinion.reason.code, "too_many");
    assert_memory_equal(call.answer.opinion.reason.zh.bytes, "太多 5", 8);
    assert_int_equal(call.answer.opinion.reason.en.length, 14);
    end(&answered);
}

/* A sentence beyond its room is cut by linli_say, between characters: that is no offence. */
static void what_is_too_long_is_cut(void **state)
{
    struct plugin_call call = {.plugin = &audit, .operation = PLUGIN_CHECK};
    struct answered answered;

    (void)state;
    begin(&answered, PLUGIN_CHECK);
    linli_decide(&answered.answer.opinion, LINLI_DENY, "long");
    for (int i = 0; i < 1000; i++)
        linli_say(&answered.answer.opinion.reason.zh, "长");
    linli_say(&answered.answer.opinion.reason.en, "%4000d", 1);
    send_to(&answered, &call);
    assert_int_equal(call.fault, FAULT_NONE);
    assert_true(call.answer.opinion.reason.zh.length <= WIRE_REASON_MOST);
    end(&answered);
}

static void a_rating_comes_back(void **state)
{
    struct plugin_call call = {.plugin = &policy, .operation = PLUGIN_RATE};
    struct answered answered;

    (void)state;
    begin(&answered, PLUGIN_RATE);
    memcpy(answered.answer.rating.code, "good", 5);
    for (int i = 0; i < LINLI_MOST_REASONS; i++) {
        struct linli_reason *reason = linli_because(&answered.answer.rating, "hours", i);
        linli_say(&reason->zh, "第%d", i);
        linli_say(&reason->en, "number %d", i);
    }
    assert_null(linli_because(&answered.answer.rating, "more", 0));
    send_to(&answered, &call);
    assert_int_equal(call.fault, FAULT_NONE);
    assert_int_equal(call.answer.rating->reason_count, LINLI_MOST_REASONS);
    assert_int_equal(call.answer.rating->missing[7], 7);
    assert_memory_equal(call.answer.rating->reasons[7].en.bytes, "number 7", 8);
    memcpy(answered.answer.rating.code, "best", 5);
    send_to(&answered, &call);
    assert_int_equal(call.fault, FAULT_NONSENSE); /* the policy does not list it */
    end(&answered);
}

static void a_step_comes_back(void **state)
{
    struct plugin_call call = {
        .plugin = &merchant, .operation = PLUGIN_STEP, .question.step.operation = LINLI_RESERVE};
    struct linli_step *step;
    struct answered answered;

    (void)state;
    begin(&answered, PLUGIN_STEP);
    step = &answered.answer.step;
    assert_int_equal(step->outcome, LINLI_UNKNOWN);
    step->outcome = LINLI_CALL;
    linli_say(&step->http.method, "POST");
    linli_say(&step->http.url, "https://shop.example/reserve");
    linli_say(&step->http.body, "{}");
    linli_say(&step->state, "asked");
    send_to(&answered, &call);
    assert_int_equal(call.fault, FAULT_NONE);
    assert_memory_equal(call.answer.step->http.url.bytes, "https://shop.example/reserve", 28);
    step->http.url.length = 0;
    linli_say(&step->http.url, "file:///etc/passwd");
    send_to(&answered, &call);
    assert_int_equal(call.fault, FAULT_NONSENSE);
    step->outcome = LINLI_DONE; /* without a voucher: Linli's own code is enough */
    send_to(&answered, &call);
    assert_int_equal(call.fault, FAULT_NONE);
    linli_say(&step->voucher, "AB-12");
    send_to(&answered, &call);
    assert_int_equal(call.fault, FAULT_NONE);
    step->outcome = LINLI_ABSENT; /* answers a query only */
    send_to(&answered, &call);
    assert_int_equal(call.fault, FAULT_NONSENSE);
    end(&answered);
}

static void an_award_has_bounds(void **state)
{
    static const struct {
        int64_t points, cap, expires_us;
        enum plugin_fault fault;
    } awards[] = {
        {0, 0, 0, FAULT_NONE},
        {WIRE_POINTS_MOST, WIRE_POINTS_MOST, WIRE_TIME_MOST, FAULT_NONE},
        {-1, 0, 0, FAULT_NONSENSE},
        {WIRE_POINTS_MOST + 1, 0, 0, FAULT_NONSENSE},
        {INT64_MIN, 0, 0, FAULT_NONSENSE},
        {100, -5, 0, FAULT_NONSENSE},
        {100, 0, 999, FAULT_NONSENSE}, /* before the service */
        {100, 0, INT64_MAX, FAULT_NONSENSE},
    };
    struct answered answered;

    (void)state;
    begin(&answered, PLUGIN_AWARD);
    for (size_t i = 0; i < ARRAY_LENGTH(awards); i++) {
        struct plugin_call call = {
            .plugin = &policy, .operation = PLUGIN_AWARD, .question.award.started_us = 1000};

        answered.answer.award.points = awards[i].points;
        answered.answer.award.daily_cap = awards[i].cap;
        answered.answer.award.expires_us = awards[i].expires_us;
        send_to(&answered, &call);
        assert_int_equal(call.fault, awards[i].fault);
    }
    end(&answered);
}

/* Random bytes, and answers with random bytes changed: never more than is there is read. */
static void any_bytes_are_read_within_their_bounds(void **state)
{
    uint64_t random = 7;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t length = random_below(&random, 200);
        char *bytes = malloc(length + 1);
        struct plugin_call call = {.operation = (enum plugin_operation)(1 + round % PLUGIN_STEP)};
        struct arena *arena = arena_new();
        struct error why = {0};

        call.plugin = call.operation == PLUGIN_CHECK  ? &audit
                      : call.operation == PLUGIN_STEP ? &merchant
                                                      : &policy;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)(random_below(&random, 3) ? random_below(&random, 4)
                                                       : random_below(&random, 256));
        bytes[0] = 1;
        struct reader reader = reader_of(bytes, length);
        if (wire_take_answer(&reader, &call, arena, &why))
            assert_true(reader.at <= reader.end);
        else
            assert_non_null(why.code);
        arena_free(arena);
        free(bytes);
    }
}

static void pseudonyms_are_a_plugins_own(void **state)
{
    struct pseudonyms one = pseudonyms_of(key, "one"), again = pseudonyms_of(key, "one"),
                      two = pseudonyms_of(key, "two");

    (void)state;
    assert_true(pseudonym(&one, PSEUDONYM_MEMBER, 5) == pseudonym(&again, PSEUDONYM_MEMBER, 5));
    assert_true(pseudonym(&one, PSEUDONYM_MEMBER, 5) != pseudonym(&two, PSEUDONYM_MEMBER, 5));
    assert_true(pseudonym(&one, PSEUDONYM_MEMBER, 5) != pseudonym(&one, PSEUDONYM_MERCHANT, 5));
    assert_true(pseudonym(&one, PSEUDONYM_MEMBER, 5) != pseudonym(&one, PSEUDONYM_MEMBER, 6));
    assert_int_equal(pseudonym(&one, PSEUDONYM_MEMBER, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_comes_with_its_facts),
        cmocka_unit_test(a_step_comes_with_its_texts_and_settings),
        cmocka_unit_test(a_broken_question_is_read_within_its_bounds),
        cmocka_unit_test(an_opinion_comes_back),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(a_rating_comes_back),
        cmocka_unit_test(a_step_comes_back),
        cmocka_unit_test(an_award_has_bounds),
        cmocka_unit_test(any_bytes_are_read_within_their_bounds),
        cmocka_unit_test(pseudonyms_are_a_plugins_own),
    };

    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

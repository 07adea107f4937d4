/*
 * Any bytes as a host's answers, as questions to a host, and as a description. What is taken holds
 * to its table: texts are UTF-8 within their rooms, numbers within their bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "plugin/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct manifest manifest = {
    .name = "fuzzed",
    .assessment = {.ratings = {{"good", "好", "good", false}}, .rating_count = 1}};
static const struct plugin plugin = {.manifest = &manifest};

static void check_text(const struct linli_room *room, size_t most)
{
    size_t characters;

    ASSERT(room->length <= most);
    ASSERT(utf8_count((struct text){room->bytes, room->length}, &characters));
}

static void check_reason(const struct linli_reason *reason)
{
    ASSERT(memchr(reason->code, '\0', sizeof reason->code));
    check_text(&reason->zh, WIRE_REASON_MOST);
    check_text(&reason->en, WIRE_REASON_MOST);
}

static void check_answer(const struct plugin_call *call)
{
    switch (call->operation) {
    case PLUGIN_CHECK:
        ASSERT(call->answer.opinion.verdict <= LINLI_DENY);
        check_reason(&call->answer.opinion.reason);
        return;
    case PLUGIN_AWARD:
        ASSERT(call->answer.award.points >= 0 && call->answer.award.points <= WIRE_POINTS_MOST);
        check_reason(&call->answer.award.reason);
        return;
    case PLUGIN_RATE:
        ASSERT(call->answer.rating->reason_count <= LINLI_MOST_REASONS);
        for (size_t i = 0; i < call->answer.rating->reason_count; i++)
            check_reason(&call->answer.rating->reasons[i]);
        return;
    case PLUGIN_STEP:
        ASSERT(call->answer.step->outcome <= LINLI_ABSENT);
        check_text(&call->answer.step->http.body, WIRE_BODY_MOST);
        check_text(&call->answer.step->voucher, WIRE_VOUCHER_MOST);
        check_reason(&call->answer.step->reason);
        return;
    }
}

static void take_answers(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct reader reader = reader_of(data, size);

    for (int i = 0; i < 8 && reader.at < reader.end; i++) {
        struct plugin_call call = {.plugin = &plugin};
        struct error why = {0};

        call.operation = (enum plugin_operation)(1 + read_u8(&reader) % PLUGIN_STEP);
        if (!wire_take_answer(&reader, &call, arena, &why))
            break;
        if (call.fault == FAULT_NONE)
            check_answer(&call);
    }
    arena_free(arena);
}

static void take_questions(const uint8_t *data, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1), *at = copy;
    struct wire_question question;

    if (size > 0)
        memcpy(copy, data, size);
    while (wire_take_question(&at, copy + size, &question)) {
        ASSERT(at > copy && at <= copy + size);
        for (size_t i = 0; i < question.value_count; i++)
            ASSERT(question.values[i].text.bytes + question.values[i].text.length <= copy + size);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] % 2 == 0)
        take_answers(data + 1, size - 1);
    else
        take_questions(data + 1, size - 1);
    return 0;
}

/*
 * Answers on the wire. The host writes down what lies in the rooms that it lent; the server reads
 * that as it would read anything from outside. What it may mean is judged in answer_check.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "plugin/wire.h"

/* Whether an answer could be read where the plugin left it. */
enum { ANSWER_HERE = 1, ANSWER_UNREADABLE = 2 };

/* The rooms of an answer in the order in which they travel: their place in it, and size. */
struct room_place {
    size_t offset, capacity;
};

#define OPINION(field) offsetof(struct linli_opinion, field)
#define AWARD(field)   offsetof(struct linli_award, field)
#define STEP(field)    offsetof(struct linli_step, field)

#define ROOMS_MOST     16
static const struct room_place opinion_rooms[] = {
    {OPINION(reason.zh), WIRE_REASON_MOST},
    {OPINION(reason.en), WIRE_REASON_MOST},
    {0},
};
static const struct room_place award_rooms[] = {
    {AWARD(reason.zh), WIRE_REASON_MOST},
    {AWARD(reason.en), WIRE_REASON_MOST},
    {0},
};
#define REASON(i)                                                                                  \
    {offsetof(struct linli_rating, reasons[i].zh), WIRE_REASON_MOST},                              \
    {                                                                                              \
        offsetof(struct linli_rating, reasons[i].en), WIRE_REASON_MOST                             \
    }
static const struct room_place rating_rooms[] = {
    REASON(0), REASON(1), REASON(2), REASON(3), REASON(4), REASON(5), REASON(6), REASON(7), {0}};
static const struct room_place step_rooms[] = {
    {STEP(state), WIRE_STATE_MOST},
    {STEP(voucher), WIRE_VOUCHER_MOST},
    {STEP(http.method), WIRE_METHOD_MOST},
    {STEP(http.url), WIRE_URL_MOST},
    {STEP(http.body), WIRE_BODY_MOST},
    {STEP(http.type), WIRE_TYPE_MOST},
    {STEP(http.credential), WIRE_CREDENTIAL_MOST},
    {STEP(reason.zh), WIRE_REASON_MOST},
    {STEP(reason.en), WIRE_REASON_MOST},
    {0},
};
_Static_assert(LINLI_MOST_REASONS == 8, "rating_rooms lists them");

static const struct room_place *const rooms_of[] = {
    [PLUGIN_CHECK] = opinion_rooms,
    [PLUGIN_AWARD] = award_rooms,
    [PLUGIN_RATE] = rating_rooms,
    [PLUGIN_STEP] = step_rooms,
};
static const size_t answer_sizes[] = {
    [PLUGIN_CHECK] = sizeof(struct linli_opinion),
    [PLUGIN_AWARD] = sizeof(struct linli_award),
    [PLUGIN_RATE] = sizeof(struct linli_rating),
    [PLUGIN_STEP] = sizeof(struct linli_step),
};

/* No answer has more bytes of text than a step. */
struct wire_rooms {
    char *bytes[ROOMS_MOST];
    char memory[];
};

static struct linli_room *room_at(void *answer, const struct room_place *place)
{
    return (struct linli_room *)(void *)((char *)answer + place->offset);
}

static const struct linli_room *written_room(const void *answer, const struct room_place *place)
{
    return (const struct linli_room *)(const void *)((const char *)answer + place->offset);
}

/* --- Host --- */

static size_t size_of_rooms(const struct room_place *places)
{
    size_t size = 0;

    for (; places->capacity; places++)
        size += places->capacity;
    return size;
}

struct wire_rooms *wire_rooms_new(void)
{
    size_t most = 0;

    for (int operation = PLUGIN_CHECK; operation <= PLUGIN_STEP; operation++) {
        size_t size = size_of_rooms(rooms_of[operation]);
        most = size > most ? size : most;
    }
    return memory_new(sizeof(struct wire_rooms) + most);
}

void wire_rooms_clear(struct wire_rooms *rooms, enum plugin_operation operation,
                      union wire_answer *answer)
{
    char *at = rooms->memory;
    size_t i = 0;

    memset(answer, 0, answer_sizes[operation]);
    for (const struct room_place *place = rooms_of[operation]; place->capacity; place++, i++) {
        *room_at(answer, place) = (struct linli_room){at, place->capacity, 0};
        rooms->bytes[i] = at;
        at += place->capacity;
    }
    answer->opinion.size = (uint32_t)answer_sizes[operation]; /* each begins with it */
    if (operation == PLUGIN_STEP)
        answer->step.outcome = LINLI_UNKNOWN;
}

static void put_bytes(struct buffer *out, const char *bytes, size_t length)
{
    buffer_add_u32(out, (uint32_t)length);
    buffer_add(out, bytes, length);
}

/* A code is ended by a zero within its 40 bytes; one that is not shows by its length. */
static void put_code(struct buffer *out, const char code[40])
{
    put_bytes(out, code, strnlen(code, 40));
}

/* The rooms must be where the host had put them, and not be overfull. */
static bool rooms_are_whole(const union wire_answer *answer, enum plugin_operation operation,
                            const struct wire_rooms *rooms)
{
    size_t i = 0;

    for (const struct room_place *place = rooms_of[operation]; place->capacity; place++, i++) {
        const struct linli_room *room = written_room(answer, place);

        if (room->bytes != rooms->bytes[i] || room->length > place->capacity)
            return false;
    }
    return true;
}

static void put_rooms(struct buffer *out, const union wire_answer *answer,
                      const struct room_place *places, size_t count)
{
    for (size_t i = 0; i < count && places[i].capacity; i++) {
        const struct linli_room *room = written_room(answer, &places[i]);
        put_bytes(out, room->bytes, room->length);
    }
}

static void put_opinion(struct buffer *out, const union wire_answer *answer)
{
    const struct linli_opinion *opinion = &answer->opinion;

    buffer_add_u32(out, opinion->verdict);
    if (opinion->verdict == LINLI_ALLOW)
        return;
    put_code(out, opinion->reason.code);
    put_rooms(out, answer, opinion_rooms, 2);
}

static void put_award(struct buffer *out, const union wire_answer *answer)
{
    const struct linli_award *award = &answer->award;

    buffer_add_u64(out, (uint64_t)award->points);
    buffer_add_u64(out, (uint64_t)award->daily_cap);
    buffer_add_u64(out, (uint64_t)award->expires_us);
    put_code(out, award->reason.code);
    put_rooms(out, answer, award_rooms, 2);
}

static void put_rating(struct buffer *out, const union wire_answer *answer)
{
    const struct linli_rating *rating = &answer->rating;

    put_code(out, rating->code);
    buffer_add_u32(out, rating->reason_count);
    for (size_t i = 0; i < rating->reason_count && i < LINLI_MOST_REASONS; i++) {
        buffer_add_u64(out, (uint64_t)rating->missing[i]);
        put_code(out, rating->reasons[i].code);
        put_rooms(out, answer, rating_rooms + 2 * i, 2);
    }
}

static void put_step(struct buffer *out, const union wire_answer *answer)
{
    const struct linli_step *step = &answer->step;

    buffer_add_u32(out, step->outcome);
    buffer_add_u64(out, (uint64_t)step->retry_s);
    buffer_add_u64(out, (uint64_t)step->expires_us);
    put_code(out, step->reason.code);
    put_rooms(out, answer, step_rooms, ARRAY_LENGTH(step_rooms));
}

void wire_put_answer(struct buffer *out, enum plugin_operation operation,
                     const union wire_answer *answer, const struct wire_rooms *rooms)
{
    static void (*const put[])(struct buffer * out, const union wire_answer *answer) = {
        [PLUGIN_CHECK] = put_opinion,
        [PLUGIN_AWARD] = put_award,
        [PLUGIN_RATE] = put_rating,
        [PLUGIN_STEP] = put_step,
    };

    if (!rooms_are_whole(answer, operation, rooms)) {
        buffer_add_u8(out, ANSWER_UNREADABLE);
        return;
    }
    buffer_add_u8(out, ANSWER_HERE);
    put[operation](out, answer);
}

/* --- Server --- */

/* Reading goes on after something that cannot be meant, so that what is behind it can be read. */
struct taking {
    struct reader *reader;
    struct arena *arena;
    struct error *why;
    bool meant;
};

static void doubt(struct taking *taking, const char *what)
{
    if (taking->meant)
        error_set(taking->why, "plugin.nonsense", "%s", what);
    taking->meant = false;
}

static struct text take_text(struct taking *taking, size_t most)
{
    uint32_t length = read_u32(taking->reader);
    const char *bytes = (const char *)read_bytes(taking->reader, length);
    size_t characters;

    if (!bytes)
        return (struct text){"", 0};
    if (length > most) {
        doubt(taking, "a text is longer than its room");
        return (struct text){"", 0};
    }
    if (!utf8_count((struct text){bytes, length}, &characters)) {
        doubt(taking, "a text is not UTF-8");
        return (struct text){"", 0};
    }
    return (struct text){bytes, length};
}

static bool is_code(struct text code)
{
    for (size_t i = 0; i < code.length; i++) {
        char c = code.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

static void take_code(struct taking *taking, char code[40])
{
    struct text text = take_text(taking, 40);

    if (text.length >= 40)
        doubt(taking, "a code has no ending zero within its 40 bytes");
    else if (!is_code(text))
        doubt(taking, "a code is of a-z, 0-9 and _");
    else
        memcpy(code, text.data, text.length); /* zeroed before */
}

static void take_rooms(struct taking *taking, void *answer, const struct room_place *places,
                       size_t count)
{
    for (size_t i = 0; i < count && places[i].capacity; i++) {
        struct text text = take_text(taking, places[i].capacity);

        *room_at(answer, &places[i]) = (struct linli_room){
            text.length > 0 ? arena_copy(taking->arena, text.data, text.length) : NULL, text.length,
            text.length};
    }
}

static void take_opinion(struct taking *taking, struct plugin_call *call)
{
    struct linli_opinion *opinion = &call->answer.opinion;

    *opinion = (struct linli_opinion){.size = sizeof *opinion};
    opinion->verdict = read_u32(taking->reader);
    if (opinion->verdict == LINLI_ALLOW)
        return;
    take_code(taking, opinion->reason.code);
    take_rooms(taking, opinion, opinion_rooms, 2);
}

static void take_award(struct taking *taking, struct plugin_call *call)
{
    struct linli_award *award = &call->answer.award;

    *award = (struct linli_award){.size = sizeof *award};
    award->points = (int64_t)read_u64(taking->reader);
    award->daily_cap = (int64_t)read_u64(taking->reader);
    award->expires_us = (int64_t)read_u64(taking->reader);
    take_code(taking, award->reason.code);
    take_rooms(taking, award, award_rooms, 2);
}

static void take_rating(struct taking *taking, struct plugin_call *call)
{
    struct linli_rating *rating = arena_take(taking->arena, sizeof *rating);

    call->answer.rating = rating;
    rating->size = sizeof *rating;
    take_code(taking, rating->code);
    rating->reason_count = read_u32(taking->reader);
    for (size_t i = 0; i < rating->reason_count && i < LINLI_MOST_REASONS; i++) {
        rating->missing[i] = (int64_t)read_u64(taking->reader);
        take_code(taking, rating->reasons[i].code);
        take_rooms(taking, rating, rating_rooms + 2 * i, 2);
    }
}

static void take_step(struct taking *taking, struct plugin_call *call)
{
    struct linli_step *step = arena_take(taking->arena, sizeof *step);

    call->answer.step = step;
    step->size = sizeof *step;
    step->outcome = read_u32(taking->reader);
    step->retry_s = (int64_t)read_u64(taking->reader);
    step->expires_us = (int64_t)read_u64(taking->reader);
    take_code(taking, step->reason.code);
    take_rooms(taking, step, step_rooms, ARRAY_LENGTH(step_rooms));
}

bool wire_take_answer(struct reader *reader, struct plugin_call *call, struct arena *arena,
                      struct error *why)
{
    static void (*const take[])(struct taking * taking, struct plugin_call * call) = {
        [PLUGIN_CHECK] = take_opinion,
        [PLUGIN_AWARD] = take_award,
        [PLUGIN_RATE] = take_rating,
        [PLUGIN_STEP] = take_step,
    };
    struct taking taking = {reader, arena, why, true};
    uint8_t here = read_u8(reader);

    if (here == ANSWER_HERE)
        take[call->operation](&taking, call);
    else if (here == ANSWER_UNREADABLE)
        doubt(&taking, "its rooms were moved or overfilled");
    else
        return error_set(why, "plugin.nonsense", "the message is broken");
    if (reader->failed)
        return error_set(why, "plugin.nonsense", "the message ends too early");
    call->fault = taking.meant && answer_check(call, why) ? FAULT_NONE : FAULT_NONSENSE;
    return true;
}

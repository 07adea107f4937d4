/*
 * Questions on the wire. A table says where the ABI's structs keep numbers of people and things,
 * which leave the server as pseudonyms, and texts, which lie behind the struct.
 */
#include <string.h>

#include "base/crypto.h"
#include "plugin/wire.h"

#define IDS_MOST   5
#define TEXTS_MOST 8

/* An id's place in a question, and whose it is. */
struct id_place {
    size_t offset;
    enum pseudonym_of of;
};

/* How one operation's question lies in memory. */
struct form {
    size_t size;
    struct id_place ids[IDS_MOST]; /* ended by of 0 */
    size_t texts[TEXTS_MOST];      /* ended by 0 */
};

#define EVENT(field) offsetof(struct linli_event, field)
#define AWARD(field) offsetof(struct linli_award_question, field)
#define RATE(field)  offsetof(struct linli_rate_question, field)
#define STEP(field)  offsetof(struct linli_step_question, field)

static const struct form forms[] = {
    [PLUGIN_CHECK] = {sizeof(struct linli_event),
                      {{EVENT(event), PSEUDONYM_EVENT},
                       {EVENT(member), PSEUDONYM_MEMBER},
                       {EVENT(actor), PSEUDONYM_ACTOR},
                       {EVENT(merchant), PSEUDONYM_MERCHANT},
                       {EVENT(subject), PSEUDONYM_SUBJECT}},
                      {0}},
    [PLUGIN_AWARD] = {sizeof(struct linli_award_question),
                      {{AWARD(record), PSEUDONYM_EVENT},
                       {AWARD(member), PSEUDONYM_MEMBER},
                       {AWARD(activity), PSEUDONYM_SUBJECT}},
                      {AWARD(category)}},
    [PLUGIN_RATE] = {sizeof(struct linli_rate_question),
                     {{RATE(subject), PSEUDONYM_MEMBER}}, /* or PSEUDONYM_UNIT: see hide */
                     {0}},
    [PLUGIN_STEP] = {sizeof(struct linli_step_question),
                     {{STEP(redemption), PSEUDONYM_EVENT},
                      {STEP(member), PSEUDONYM_MEMBER},
                      {STEP(reward), PSEUDONYM_SUBJECT}},
                     {STEP(key), STEP(item), STEP(state), STEP(voucher), STEP(response), STEP(name),
                      STEP(phone), STEP(openid)}},
};

uint32_t wire_version(void)
{
    const size_t sizes[] = {sizeof(struct wire_order),           sizeof(struct wire_record),
                            sizeof(struct linli_value),          sizeof(struct linli_event),
                            sizeof(struct linli_award_question), sizeof(struct linli_rate_question),
                            sizeof(struct linli_step_question),  LINLI_ABI_MINOR};
    const char *program = LINLI_VERSION;
    uint8_t hash[HASH_SIZE];
    uint32_t version;

    crypto_sha256_parts(1, sizes, sizeof sizes, program, strlen(program), hash);
    memcpy(&version, hash, sizeof version);
    return version;
}

/* --- Frames --- */

void wire_begin(struct buffer *out, enum wire_kind kind, uint64_t nonce, uint32_t count)
{
    const struct wire_head head = {WIRE_MAGIC, (uint32_t)kind, nonce, count, 0};

    buffer_clear(out);
    buffer_add(out, &head, sizeof head);
}

void wire_end(struct buffer *out)
{
    uint32_t length = (uint32_t)(out->length - sizeof(struct wire_head));

    memcpy(out->data + offsetof(struct wire_head, length), &length, sizeof length);
}

void wire_set_count(struct buffer *out, uint32_t count)
{
    memcpy(out->data + offsetof(struct wire_head, count), &count, sizeof count);
}

/* --- Putting --- */

/* The place of the next text, from the record's beginning. */
struct texts {
    size_t next;
};

static struct linli_text place_text(struct texts *texts, struct linli_text text)
{
    struct linli_text placed = {(const char *)(uintptr_t)texts->next, text.length};

    texts->next += text.length;
    return placed;
}

static void put_values(struct buffer *out, struct texts *texts, const struct linli_value *values,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct linli_value value = {.known = values[i].known != 0};

        if (value.known) {
            value.number = values[i].number;
            value.text = place_text(texts, values[i].text);
        }
        buffer_add(out, &value, sizeof value);
    }
}

static void put_texts_of(struct buffer *out, const struct linli_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i].known)
            buffer_add(out, values[i].text.bytes, values[i].text.length);
    }
}

/* Pads what began at `start` and writes its length there. */
static void put_end(struct buffer *out, size_t start)
{
    static const char nothing[8];
    size_t length = out->length - start;
    uint32_t whole;

    buffer_add(out, nothing, (8 - length % 8) % 8);
    whole = (uint32_t)(out->length - start);
    memcpy(out->data + start, &whole, sizeof whole);
}

static uint64_t hide(const struct pseudonyms *pseudonyms, const struct plugin_call *call,
                     const struct id_place *place, uint64_t id)
{
    bool is_unit =
        call->operation == PLUGIN_RATE && call->question.rate.scope == (uint32_t)LINLI_OF_UNIT;

    return pseudonym(pseudonyms, is_unit ? PSEUDONYM_UNIT : place->of, id);
}

/* In the copy that goes out. */
static void hide_ids(char *copy, const struct form *form, const struct plugin_call *call,
                     const struct pseudonyms *pseudonyms)
{
    uint64_t id;

    for (const struct id_place *place = form->ids; place < form->ids + IDS_MOST && place->of;
         place++) {
        memcpy(&id, copy + place->offset, sizeof id);
        id = hide(pseudonyms, call, place, id);
        memcpy(copy + place->offset, &id, sizeof id);
    }
}

/* The i-th text of a question, which may be changed if the question may. NULL: it has no more. */
static struct linli_text *text_at(const void *question, const struct form *form, size_t i)
{
    if (i == TEXTS_MOST || form->texts[i] == 0)
        return NULL;
    return (struct linli_text *)((uintptr_t)question + form->texts[i]);
}

/* The ABI's struct as it travels. */
static void put_struct(struct buffer *out, const struct form *form, const struct plugin_call *call,
                       const struct pseudonyms *pseudonyms, struct texts *texts, size_t settings_at)
{
    char *copy = memcpy(buffer_extend(out, form->size), &call->question, form->size);
    const uint32_t size = (uint32_t)form->size;
    struct linli_text *text;

    memcpy(copy, &size, sizeof size); /* each begins with it */
    hide_ids(copy, form, call, pseudonyms);
    for (size_t i = 0; (text = text_at(copy, form, i)); i++)
        *text = place_text(texts, *text);
    if (call->operation == PLUGIN_STEP)
        memcpy(copy + STEP(settings), &settings_at, sizeof settings_at);
}

void wire_put_question(struct buffer *out, uint32_t index, const struct plugin_call *call,
                       const struct pseudonyms *pseudonyms)
{
    const struct form *form = &forms[call->operation];
    const struct linli_step_question *step =
        call->operation == PLUGIN_STEP ? &call->question.step : NULL;
    size_t facts = call->plugin->manifest->fact_count, settings = step ? step->setting_count : 0;
    const struct wire_record record = {0, index, (uint32_t)call->operation, (uint32_t)facts};
    size_t start = out->length;
    size_t fixed = sizeof record + form->size + facts * sizeof(struct linli_value);
    struct texts texts = {fixed + settings * sizeof(struct linli_value)};
    const struct linli_text *text;

    buffer_add(out, &record, sizeof record);
    put_struct(out, form, call, pseudonyms, &texts, settings > 0 ? fixed : 0);
    put_values(out, &texts, call->values, facts);
    put_values(out, &texts, step ? step->settings : NULL, settings);
    for (size_t i = 0; (text = text_at(&call->question, form, i));
         i++) /* their bytes, in that order */
        buffer_add(out, text->bytes, text->length);
    put_texts_of(out, call->values, facts);
    put_texts_of(out, step ? step->settings : NULL, settings);
    put_end(out, start);
}

void wire_put_values(struct buffer *out, uint32_t index, const struct linli_value *values,
                     size_t count)
{
    const struct wire_record record = {0, index, 0, (uint32_t)count};
    size_t start = out->length;
    struct texts texts = {sizeof record + count * sizeof *values};

    buffer_add(out, &record, sizeof record);
    put_values(out, &texts, values, count);
    put_texts_of(out, values, count);
    put_end(out, start);
}

/* --- Taking --- */

/* Makes an offset a pointer. The server wrote it: but nothing is lost by looking. */
static bool set_text(struct linli_text *text, const char *record, size_t length)
{
    size_t offset = (size_t)(uintptr_t)text->bytes;

    if (offset > length || text->length > length - offset)
        return false;
    text->bytes = record + offset;
    return true;
}

static bool set_values(struct linli_value *values, size_t count, const char *record, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        if (!set_text(&values[i].text, record, length))
            return false;
    }
    return true;
}

static bool set_step_settings(struct linli_step_question *step, char *record, size_t length)
{
    size_t offset = (size_t)(uintptr_t)step->settings;
    struct linli_value *values;

    if (step->setting_count == 0) {
        step->settings = NULL;
        return true;
    }
    if (offset > length || offset % 8 != 0 ||
        step->setting_count > (length - offset) / sizeof *values)
        return false;
    values = (struct linli_value *)(void *)(record + offset);
    step->settings = values;
    return set_values(values, step->setting_count, record, length);
}

static bool set_pointers(void *question, const struct form *form, enum plugin_operation operation,
                         char *record, size_t length)
{
    struct linli_text *text;

    for (size_t i = 0; (text = text_at(question, form, i)); i++) {
        if (!set_text(text, record, length))
            return false;
    }
    return operation != PLUGIN_STEP || set_step_settings(question, record, length);
}

bool wire_take_question(char **at, const char *end, struct wire_question *question)
{
    static const struct form no_question;
    const struct form *form = &no_question;
    struct wire_record record;
    char *start = *at, *body = start + sizeof record;
    size_t left = (size_t)(end - start);

    if (left < sizeof record)
        return false;
    memcpy(&record, start, sizeof record);
    if (record.length > left || record.length % 8 != 0 || record.operation > PLUGIN_STEP)
        return false;
    if (record.operation)
        form = &forms[record.operation];
    if (record.length < sizeof record + form->size ||
        record.value_count >
            (record.length - sizeof record - form->size) / sizeof(struct linli_value))
        return false;
    struct linli_value *values = (struct linli_value *)(void *)(body + form->size);
    *question = (struct wire_question){
        .plugin = record.plugin,
        .operation = (enum plugin_operation)record.operation,
        .question = record.operation ? body : NULL,
        .values = values,
        .value_count = record.value_count,
    };
    *at = start + record.length;
    return set_values(values, record.value_count, start, record.length) &&
           set_pointers(body, form, question->operation, start, record.length);
}

#include "market/rehearsal.h"

#include <string.h>

#include "outbox/addresses.h"
#include "outbox/caller.h"

#define OPERATIONS_MOST 8

static struct linli_text text(const char *bytes)
{
    return (struct linli_text){bytes, strlen(bytes)};
}

static struct text text_of(const struct linli_room *room)
{
    return (struct text){room->bytes, room->length};
}

static const char *name_of(uint32_t operation)
{
    return operation == LINLI_QUERY ? "query" : operation_kind_name((enum operation_kind)operation);
}

/* --- Asking ----------------------------------------------------------------------------------- */

/* A voucher once there would be one. */
static struct linli_step_question question_of(const struct rehearsal *rehearsal, uint32_t operation)
{
    return (struct linli_step_question){
        .size = sizeof(struct linli_step_question),
        .operation = operation,
        .asked_about = operation == LINLI_QUERY ? (uint32_t)LINLI_RESERVE : 0,
        .attempt = 1,
        .redemption = 1,
        .member = 1,
        .reward = 1,
        .key = text("linli-0"),
        .item = text("item"),
        .state = text(""),
        .voucher = text(operation == LINLI_RESERVE ? "" : "voucher"),
        .response = text(""),
        .name = text(""),
        .phone = text(""),
        .openid = text(""),
        .points = 100,
        .created_us = rehearsal->now_us,
        .expires_us = rehearsal->now_us + DAY_US,
        .now_us = rehearsal->now_us,
        .settings = rehearsal->values,
        .setting_count = (uint32_t)rehearsal->value_count,
    };
}

static size_t ask_all(const struct rehearsal *rehearsal, struct step_ask asks[OPERATIONS_MOST])
{
    const struct manifest *manifest = rehearsal->manifest;
    uint32_t heard = manifest->merchant.operations | 1 << LINLI_RESERVE | 1 << LINLI_QUERY;
    size_t count = 0;

    for (uint32_t operation = LINLI_RESERVE; operation <= LINLI_UNDONE; operation++) {
        if (!(heard & UINT32_C(1) << operation))
            continue;
        asks[count++] = (struct step_ask){
            .plugin = manifest->name,
            .question = question_of(rehearsal, operation),
            .facts = arena_take(rehearsal->arena,
                                (manifest->fact_count + 1) * sizeof(struct linli_value)),
            .arena = rehearsal->arena,
        };
    }
    rehearsal->desk->ask(rehearsal->desk->context, asks, count);
    return count;
}

/* --- Judging ---------------------------------------------------------------------------------- */

static const struct {
    const char *code, *zh, *en;
} words[] = {
    {"not_https", "商家地址须以 https:// 开头", "the merchant's address must begin with https://"},
    {"bad_url", "商家地址应为 https://主机[:端口]/路径",
     "the merchant's address must be https://host[:port]/path, no user, no #"},
    {"no_credential", "请先建立本商家可用的凭证", "make the credential for this merchant first"},
    {"host_not_allowed", "请先将主机加入凭证", "add the host to the credential first"},
};

static void say_call(const struct rehearsal *rehearsal, const struct linli_http *http,
                     const struct target *target, struct rehearsal_slip *slip)
{
    const struct linli_room *name = &http->credential;
    const char *place = "";
    size_t i = 0;

    if (target->port != 0)
        place = arena_printf(rehearsal->arena, " (%.*s, %s:%d)", (int)name->length, name->bytes,
                             target->host, target->port);
    while (i < ARRAY_LENGTH(words) && strcmp(words[i].code, slip->code) != 0)
        i++;
    slip->zh = i < ARRAY_LENGTH(words) ? words[i].zh : "插件写出的请求无法发送";
    slip->en = i < ARRAY_LENGTH(words) ? words[i].en : "the plugin's request cannot be sent";
    slip->zh = arena_printf(rehearsal->arena, "%s%s", slip->zh, place);
    slip->en = arena_printf(rehearsal->arena, "%s%s", slip->en, place);
}

static bool judge_call(struct db *db, const struct rehearsal *rehearsal,
                       const struct linli_http *http, struct rehearsal_slip *slip,
                       struct error *error)
{
    struct outgoing call = {.method = text_of(&http->method),
                            .url = text_of(&http->url),
                            .type = text_of(&http->type),
                            .body = text_of(&http->body),
                            .credential = {.hosts = ""}};
    struct target target = {0};
    enum find found =
        credential_open(db, rehearsal->keyring, text_of(&http->credential), rehearsal->merchant_id,
                        rehearsal->arena, &call.credential, error);

    if (found == FIND_FAILED)
        return false;
    slip->code = outgoing_fault(&call, &target);
    if (found == FIND_NOTHING && (!slip->code || strcmp(slip->code, "host_not_allowed") == 0))
        slip->code = "no_credential";
    if (slip->code)
        say_call(rehearsal, http, &target, slip);
    return true;
}

static const char *copy_or(struct arena *arena, const struct linli_room *room, const char *none)
{
    return room->length > 0 ? arena_copy(arena, room->bytes, room->length) : none;
}

/* A query may find that nobody can tell: nothing was ever sent. */
static bool judge(struct db *db, const struct rehearsal *rehearsal, const struct step_ask *ask,
                  struct rehearsal_slip *slip, struct error *error)
{
    const struct linli_step *step = &ask->step;

    if (ask->fault)
        *slip = (struct rehearsal_slip){ask->fault, "插件没有作答", "the plugin does not answer"};
    else if (step->outcome == LINLI_CALL)
        return judge_call(db, rehearsal, &step->http, slip, error);
    else if (step->outcome == LINLI_UNKNOWN && ask->question.operation != LINLI_QUERY)
        *slip = (struct rehearsal_slip){
            "not_configured", copy_or(rehearsal->arena, &step->reason.zh, "插件据此设置无法工作"),
            copy_or(rehearsal->arena, &step->reason.en, "the plugin cannot work with these")};
    return true;
}

bool rehearse(struct db *db, const struct rehearsal *rehearsal, struct rehearsal_slip *slip,
              struct error *error)
{
    struct step_ask asks[OPERATIONS_MOST] = {0};
    size_t count = ask_all(rehearsal, asks);

    *slip = (struct rehearsal_slip){0};
    for (size_t i = 0; i < count && !slip->code; i++) {
        const char *name = name_of(asks[i].question.operation);

        if (!judge(db, rehearsal, &asks[i], slip, error))
            return false;
        if (!slip->code)
            continue;
        slip->zh = arena_printf(rehearsal->arena, "%s: %s", name, slip->zh);
        slip->en = arena_printf(rehearsal->arena, "%s: %s", name, slip->en);
    }
    return true;
}

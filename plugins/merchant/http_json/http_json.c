/*
 * http_json: a merchant's own HTTPS API. Templates in the settings say where each operation is said
 * and in which words; pointers say where in the answer its result stands. One setting of the
 * plugin, or of a merchant, is enough for an API that follows the defaults: `base`.
 */
#include <linli/plugin.h>

#include "json_look.h"
#include "settings.h"
#include "template.h"

#define WORDS(setting, default_value, zh, en)                                                      \
    {                                                                                              \
        .name = LINLI_TEXT(setting), .type = LINLI_SETTING_TEXT,                                   \
        .fallback = LINLI_TEXT(default_value), .most = 2000, .help_zh = LINLI_TEXT(zh),            \
        .help_en = LINLI_TEXT(en)                                                                  \
    }

static const struct linli_setting settings[SETTINGS] = {
    [BASE] = WORDS("base", "", "商家接口地址，如 https://api.example.com/linli",
                   "address of the merchant's API: https://api.example.com/linli"),
    [CREDENTIAL] = WORDS("credential", "", "签名所用凭证的名称",
                         "name of the credential that calls are signed with"),
    [BODY] = WORDS("body",
                   "{\"key\":\"{key}\",\"operation\":\"{operation}\",\"redemption\":"
                   "\"{redemption}\",\"item\":\"{item}\",\"voucher\":\"{voucher}\",\"points\":"
                   "{points},\"fen\":{fen},\"expires_at\":{expires_at},\"name\":\"{name}\","
                   "\"phone\":\"{phone}\"}",
                   "请求正文模板（JSON）", "template of every request's body, JSON"),
    [RESERVE] = WORDS("reserve", "PUT /vouchers/{redemption}", "发券的方法与路径",
                      "method and path that ask for a voucher"),
    [CONFIRM] = WORDS("confirm", "POST /vouchers/{redemption}/confirm",
                      "告知核销的方法与路径；留空则不告知",
                      "method and path that tell a confirmation; empty: it is not told"),
    [CANCEL] =
        WORDS("cancel", "POST /vouchers/{redemption}/cancel", "取消的方法与路径；留空则不询问",
              "method and path that ask to take it back; empty: it is not asked"),
    [REFUND] =
        WORDS("refund", "POST /vouchers/{redemption}/refund", "告知退回的方法与路径；留空则不告知",
              "method and path that tell a refund; empty: it is not told"),
    [SETTLE] = WORDS("settle", "", "告知结算的方法与路径；留空则不告知",
                     "method and path that tell a settlement; empty: it is not told"),
    [UNDO] =
        WORDS("undo", "POST /vouchers/{redemption}/undo", "告知撤销核销的方法与路径；留空则不告知",
              "method and path that tell a confirmation undone; empty: it is not told"),
    [QUERY] = WORDS("query", "GET /operations/{key}", "查询结果的方法与路径",
                    "method and path that ask what became of an operation"),
    [KEY_AT] = WORDS("key_at", "/key", "答复中幂等键的位置；答复带有他键则不予采信",
                     "where an answer repeats the key; one with another key is not believed"),
    [STATE_AT] = WORDS("state_at", "/state", "答复中结果的位置", "where an answer has its result"),
    [VOUCHER_AT] = WORDS("voucher_at", "/voucher", "答复中券码的位置",
                         "where an answer has the voucher's code"),
    [EXPIRES_AT] = WORDS("expires_at", "/expires_at", "答复中有效期（Unix 秒）的位置",
                         "where an answer has the voucher's end, in seconds since 1970"),
    [REASON_AT] = WORDS("reason_at", "/reason", "答复中原因的位置",
                        "where an answer has its reason, for people"),
    [DONE_WORDS] = WORDS("done", "done", "表示成功的词，以 | 分隔", "words for done, by |"),
    [DECLINED_WORDS] =
        WORDS("declined", "declined", "表示拒绝的词，以 | 分隔", "words for declined, by |"),
    [ABSENT_WORDS] =
        WORDS("absent", "absent", "表示未收到的词，以 | 分隔", "words for never heard of, by |"),
    [LATER_WORDS] = WORDS("later", "later", "表示稍后再试的词，以 | 分隔", "words for later, by |"),
};

static bool has_settings(const struct linli_step_question *question)
{
    return LINLI_HAS(question, setting_count) && question->setting_count >= SETTINGS;
}

static struct linli_text setting(const struct linli_step_question *question, int which)
{
    static const struct linli_text none = LINLI_TEXT("");

    return has_settings(question) ? question->settings[which].text : none;
}

/* The plugin's own settings, which lie beneath each merchant's. */
static bool start(const struct linli_setup *setup, void **state)
{
    enum http_json_setting slip = settings_find_slip(setup->values, false);
    struct linli_room unread = {NULL, 0, 0};

    *state = NULL;
    if (slip == SETTINGS)
        return true;
    linli_say(setup->why, "setting %s: ", settings[slip].name.bytes);
    settings_say_slip(slip, &unread, setup->why);
    return false;
}

/* --- Asking ----------------------------------------------------------------------------------- */

static int setting_of(uint32_t operation)
{
    switch (operation) {
    case LINLI_RESERVE: return RESERVE;
    case LINLI_CONFIRMED: return CONFIRM;
    case LINLI_CANCELLED: return CANCEL;
    case LINLI_REFUNDED: return REFUND;
    case LINLI_SETTLED: return SETTLE;
    case LINLI_UNDONE: return UNDO;
    default: return QUERY;
    }
}

static const char *word_of(uint32_t operation)
{
    static const char *const words[] = {
        [LINLI_RESERVE] = "reserve", [LINLI_CONFIRMED] = "confirm", [LINLI_CANCELLED] = "cancel",
        [LINLI_REFUNDED] = "refund", [LINLI_SETTLED] = "settle",    [LINLI_QUERY] = "query",
        [LINLI_UNDONE] = "undo",
    };

    return operation < sizeof words / sizeof words[0] && words[operation] ? words[operation]
                                                                          : "query";
}

/* Numbers as text, in room of the caller. */
struct numbers {
    char redemption[24], member[24], reward[24], points[24], fen[24], expires[24];
};

static struct linli_text number(char room[24], long long value)
{
    int length = snprintf(room, 24, "%lld", value);

    return (struct linli_text){room, (size_t)length};
}

static struct linli_text points_of(char room[24], int64_t hundredths)
{
    int length =
        snprintf(room, 24, "%lld.%02d", (long long)(hundredths / 100), (int)(hundredths % 100));

    return (struct linli_text){room, (size_t)length};
}

static void list_values(const struct linli_step_question *question, struct numbers *numbers,
                        struct template_value values[16])
{
    uint32_t about =
        question->operation == LINLI_QUERY ? question->asked_about : question->operation;
    const char *word = word_of(about);
    const struct template_value all[] = {
        {"key", question->key},
        {"operation", {word, strlen(word)}},
        {"redemption", number(numbers->redemption, (long long)question->redemption)},
        {"member", number(numbers->member, (long long)question->member)},
        {"reward", number(numbers->reward, (long long)question->reward)},
        {"item", question->item},
        {"voucher", question->voucher},
        {"points", points_of(numbers->points, question->points)},
        {"fen", number(numbers->fen, question->reimburse_fen)},
        {"expires_at", number(numbers->expires, question->expires_us / 1000000)},
        {"name", question->name},
        {"phone", question->phone},
        {"openid", question->openid},
        {NULL, {NULL, 0}},
    };

    memcpy(values, all, sizeof all);
}

static void cannot(struct linli_step *answer, enum http_json_setting slip)
{
    answer->outcome = LINLI_UNKNOWN;
    snprintf(answer->reason.code, sizeof answer->reason.code, "not_configured");
    linli_say(&answer->reason.zh, "商家接口未配好：%s ", settings[slip].name.bytes);
    linli_say(&answer->reason.en, "Not set up: %s: ", settings[slip].name.bytes);
    settings_say_slip(slip, &answer->reason.zh, &answer->reason.en);
}

static bool write_body(const struct linli_step_question *question,
                       const struct template_value *values, struct linli_http *http)
{
    if (setting(question, BODY).length == 0)
        return true;
    linli_say(&http->type, "application/json");
    return template_write(setting(question, BODY), values, IN_JSON, &http->body) &&
           json_is_sound((struct linli_text){http->body.bytes, http->body.length});
}

/* `line` is "METHOD /path". A GET has no body. */
static bool write_request(const struct linli_step_question *question, struct linli_text line,
                          struct linli_http *http)
{
    struct numbers numbers;
    struct template_value values[16];
    const char *space = (const char *)memchr(line.bytes, ' ', line.length);
    struct linli_text method = {line.bytes, (size_t)(space - line.bytes)};
    struct linli_text path = {space + 1, line.length - method.length - 1};

    list_values(question, &numbers, values);
    linli_say_text(&http->method, method);
    linli_say_text(&http->url, setting(question, BASE));
    linli_say_text(&http->credential, setting(question, CREDENTIAL));
    return template_write(path, values, IN_PATH, &http->url) &&
           (linli_text_is(method, "GET") || write_body(question, values, http));
}

/* One merchant's slip must not look like a fault of the plugin, which serves all. */
static void ask(const struct linli_step_question *question, struct linli_step *answer)
{
    struct linli_text line = setting(question, setting_of(question->operation));
    enum http_json_setting slip =
        has_settings(question) ? settings_find_slip(question->settings, true) : BASE;

    if (slip != SETTINGS)
        cannot(answer, slip);
    else if (line.length == 0)
        answer->outcome = LINLI_DONE; /* this merchant does not want to hear of it */
    else if (write_request(question, line, &answer->http))
        answer->outcome = LINLI_CALL;
    else
        cannot(answer, BODY);
}

/* --- Listening -------------------------------------------------------------------------------- */

static bool is_one_of(struct linli_text words, const struct linli_room *word)
{
    const char *at = words.bytes, *end = words.bytes + words.length;

    while (at < end) {
        const char *stop = (const char *)memchr(at, '|', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);

        if (length > 0 && length == word->length && memcmp(at, word->bytes, length) == 0)
            return true;
        at += length + 1;
    }
    return false;
}

static uint32_t outcome_of(const struct linli_step_question *question)
{
    char bytes[100];
    struct linli_room state = {bytes, sizeof bytes, 0};

    if (!json_look(question->response, setting(question, STATE_AT), &state))
        return LINLI_UNKNOWN;
    if (is_one_of(setting(question, DONE_WORDS), &state))
        return LINLI_DONE;
    if (is_one_of(setting(question, DECLINED_WORDS), &state))
        return LINLI_DECLINED;
    if (is_one_of(setting(question, ABSENT_WORDS), &state))
        return LINLI_ABSENT;
    return is_one_of(setting(question, LATER_WORDS), &state) ? LINLI_RETRY : LINLI_UNKNOWN;
}

/* An answer to something else was mixed up on the way, or is a lie. */
static bool is_ours(const struct linli_step_question *question)
{
    char bytes[200];
    struct linli_room key = {bytes, sizeof bytes, 0};

    if (setting(question, KEY_AT).length == 0)
        return true;
    return json_look(question->response, setting(question, KEY_AT), &key) &&
           key.length == question->key.length &&
           memcmp(bytes, question->key.bytes, key.length) == 0;
}

/* Seconds since 1970, in this century and the next; 0: none. */
static int64_t read_end(const struct linli_step_question *question)
{
    char bytes[24];
    struct linli_room expires = {bytes, sizeof bytes, 0};
    int64_t seconds = 0;

    if (!json_look(question->response, setting(question, EXPIRES_AT), &expires) ||
        expires.length > 10)
        return 0;
    for (size_t i = 0; i < expires.length; i++) {
        if (bytes[i] < '0' || bytes[i] > '9')
            return 0;
        seconds = seconds * 10 + (bytes[i] - '0');
    }
    return seconds < INT64_C(7258118400) ? seconds * 1000000 : 0;
}

static bool is_printable(const struct linli_room *room)
{
    for (size_t i = 0; i < room->length; i++)
        if ((unsigned char)room->bytes[i] < ' ' || room->bytes[i] == 0x7F)
            return false;
    return true;
}

/* A code that cannot be shown is an answer that nobody can use: it is asked for again. */
static void read_voucher(const struct linli_step_question *question, struct linli_step *answer)
{
    json_look(question->response, setting(question, VOUCHER_AT), &answer->voucher);
    answer->expires_us = read_end(question);
    if (is_printable(&answer->voucher))
        return;
    answer->voucher.length = 0;
    answer->outcome = LINLI_UNKNOWN;
}

static void read_reason(const struct linli_step_question *question, struct linli_step *answer)
{
    struct linli_text at = setting(question, REASON_AT);

    snprintf(answer->reason.code, sizeof answer->reason.code, "declined");
    if (json_look(question->response, at, &answer->reason.zh) && answer->reason.zh.length > 0 &&
        json_look(question->response, at, &answer->reason.en))
        return;
    answer->reason.zh.length = answer->reason.en.length = 0;
    linli_say(&answer->reason.zh, "商家未说明原因");
    linli_say(&answer->reason.en, "The shop gave no reason");
}

/*
 * What a proxy in between may have said (a 404 without our key, a 502) says nothing of the
 * operation: only a body that says what it is about is believed. 429 is what it says: not yet.
 */
static void hear(const struct linli_step_question *question, struct linli_step *answer)
{
    answer->outcome = LINLI_UNKNOWN;
    if (question->status == 429) {
        answer->outcome = LINLI_RETRY;
        answer->retry_s = 30;
        return;
    }
    if (question->status < 200 || question->status >= 500 || !is_ours(question))
        return;
    answer->outcome = outcome_of(question);
    if (answer->outcome == LINLI_RETRY)
        answer->retry_s = 10;
    if (answer->outcome == LINLI_DONE)
        read_voucher(question, answer);
    if (answer->outcome == LINLI_DECLINED)
        read_reason(question, answer);
}

static void step(const void *state, const struct linli_step_question *question,
                 const struct linli_facts *facts, struct linli_step *answer)
{
    (void)state;
    (void)facts;
    if (question->status == 0)
        ask(question, answer);
    else
        hear(question, answer);
}

static const struct linli_merchant merchant = {
    .size = sizeof merchant,
    .operations = 1 << LINLI_RESERVE | 1 << LINLI_CONFIRMED | 1 << LINLI_CANCELLED |
                  1 << LINLI_REFUNDED | 1 << LINLI_SETTLED | 1 << LINLI_QUERY | 1 << LINLI_UNDONE,
    .can_undo = true,
    .step = step,
};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_MERCHANT),
    .name = LINLI_TEXT("http_json"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("商家自有接口"),
    .title_en = LINLI_TEXT("A merchant's own HTTPS API"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .start = start,
    .merchant = &merchant,
};

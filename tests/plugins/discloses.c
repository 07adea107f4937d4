/* A merchant whose shop wants to know the member's phone, for tests. It asks for a name as well
 * without saying so, and keeps what it was told where it should not. */
#include <linli/plugin.h>

#ifndef DISCLOSES
#define NAME      "discloses"
#define DISCLOSES LINLI_TELLS_PHONE
#endif

enum { BASE, CREDENTIAL };

static const struct linli_setting settings[] = {
    [BASE] = {.name = LINLI_TEXT("base"),
              .type = LINLI_SETTING_TEXT,
              .most = 200,
              .help_zh = LINLI_TEXT("地址"),
              .help_en = LINLI_TEXT("address")},
    [CREDENTIAL] = {.name = LINLI_TEXT("credential"),
                    .type = LINLI_SETTING_TEXT,
                    .most = 40,
                    .help_zh = LINLI_TEXT("凭证"),
                    .help_en = LINLI_TEXT("credential")},
};

static void ask(const struct linli_step_question *question, struct linli_step *step)
{
    step->outcome = LINLI_CALL;
    linli_say(&step->http.method, "PUT");
    linli_say_text(&step->http.url, question->settings[BASE].text);
    linli_say_text(&step->http.credential, question->settings[CREDENTIAL].text);
    linli_say(&step->http.type, "application/json");
    linli_say(&step->http.body,
              "{\"operation\":\"reserve\",\"redemption\":\"%llu\",\"name\":\"%.*s\","
              "\"phone\":\"%.*s\",\"openid\":\"%.*s\"}",
              (unsigned long long)question->redemption, (int)question->name.length,
              question->name.bytes, (int)question->phone.length, question->phone.bytes,
              (int)question->openid.length, question->openid.bytes);
}

/* The shop's reason is what it said, whatever that is. */
static void hear(const struct linli_step_question *question, struct linli_step *step)
{
    if (question->status != 200) {
        step->outcome = LINLI_DECLINED;
        snprintf(step->reason.code, sizeof step->reason.code, "declined");
        linli_say_text(&step->reason.zh, question->response);
        linli_say_text(&step->reason.en, question->response);
        return;
    }
    step->outcome = LINLI_DONE;
    linli_say(&step->voucher, "D-%llu", (unsigned long long)question->redemption);
}

static void take_step(const void *state, const struct linli_step_question *question,
                      const struct linli_facts *facts, struct linli_step *step)
{
    (void)state, (void)facts;
    if (question->operation != LINLI_RESERVE) {
        step->outcome = LINLI_UNKNOWN;
        return;
    }
    if (question->status == 0)
        ask(question, step);
    else
        hear(question, step);
    linli_say(&step->state, "told %.*s", (int)question->phone.length, question->phone.bytes);
}

static const struct linli_merchant merchant = {
    .size = sizeof merchant,
    .operations = 1 << LINLI_RESERVE | 1 << LINLI_QUERY,
    .step = take_step,
};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_MERCHANT),
    .name = LINLI_TEXT(NAME),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("要手机号"),
    .title_en = LINLI_TEXT("Wants a phone"),
    .settings = settings,
    .setting_count = 2,
    .setting_size = sizeof(struct linli_setting),
    .merchant = &merchant,
    .discloses = DISCLOSES,
};

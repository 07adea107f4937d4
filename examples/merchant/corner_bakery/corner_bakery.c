/*
 * corner_bakery: a merchant of your own. The bakery has a small HTTPS service that speaks plain
 * text. Linli asks it for a voucher when a member redeems, tells it when the voucher goes back, and
 * asks what became of a request that got no answer.
 *
 *     PUT    {url}/vouchers/{redemption}  item=…     201 "code=ABC123" | 409 "reason=sold out"
 *     DELETE {url}/vouchers/{redemption}             204
 *     GET    {url}/vouchers/{redemption}             200 "code=ABC123" | 404
 *
 * A redemption has one voucher for ever, however often it is asked for. The plugin makes no request
 * itself: it says which one, the server makes it, and asks again with the answer.
 */
#include <linli/plugin.h>

enum { SETTING_URL, SETTING_CREDENTIAL, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_URL] = {.name = LINLI_TEXT("url"),
                     .type = LINLI_SETTING_TEXT,
                     .required = true,
                     .least = 12,
                     .most = 200,
                     .help_zh = LINLI_TEXT("商家服务地址，如 https://bakery.example/api"),
                     .help_en = LINLI_TEXT("where the service is: https://bakery.example/api")},
    [SETTING_CREDENTIAL] = {.name = LINLI_TEXT("credential"),
                            .type = LINLI_SETTING_TEXT,
                            .fallback = LINLI_TEXT("corner_bakery"),
                            .least = 1,
                            .most = 40,
                            .help_zh = LINLI_TEXT("签名所用凭据的名称"),
                            .help_en = LINLI_TEXT("name of the credential that signs requests")},
};

/* This merchant's own settings, or else the plugin's. */
static struct linli_text setting(const struct linli_step_question *question, size_t which)
{
    return question->settings[which].text;
}

static enum linli_outcome call(const struct linli_step_question *question, const char *method,
                               struct linli_step *step)
{
    linli_say(&step->http.method, "%s", method);
    linli_say_text(&step->http.url, setting(question, SETTING_URL));
    linli_say(&step->http.url, "/vouchers/%llu", (unsigned long long)question->redemption);
    linli_say_text(&step->http.credential, setting(question, SETTING_CREDENTIAL));
    if (strcmp(method, "PUT") == 0) {
        linli_say(&step->http.type, "application/x-www-form-urlencoded");
        linli_say(&step->http.body, "item=");
        linli_say_text(&step->http.body, question->item);
    }
    return LINLI_CALL;
}

/* What stands behind `name=` in the answer, to the end of its line; empty: it is not there. */
static struct linli_text field(struct linli_text response, const char *name)
{
    size_t length = strlen(name);
    struct linli_text found = {"", 0};

    if (response.length < length || memcmp(response.bytes, name, length) != 0)
        return found;
    found.bytes = response.bytes + length;
    while (length + found.length < response.length && found.bytes[found.length] != '\n')
        found.length++;
    return found;
}

static enum linli_outcome declined(const struct linli_step_question *question,
                                   struct linli_step *step)
{
    snprintf(step->reason.code, sizeof step->reason.code, "bakery_declined");
    linli_say(&step->reason.zh, "商家暂时无法提供");
    linli_say(&step->reason.en, "the bakery says no: ");
    linli_say_text(&step->reason.en, field(question->response, "reason="));
    return LINLI_DECLINED;
}

static enum linli_outcome take_code(const struct linli_step_question *question,
                                    struct linli_step *step)
{
    struct linli_text code = field(question->response, "code=");

    if (code.length == 0)
        return LINLI_UNKNOWN; /* it said yes, but not what to */
    linli_say_text(&step->voucher, code);
    return LINLI_DONE;
}

static enum linli_outcome reserve(const struct linli_step_question *question,
                                  struct linli_step *step)
{
    switch (question->status) {
    case 0: return call(question, "PUT", step);
    case 200: /* the same key again */
    case 201: return take_code(question, step);
    case 409: return declined(question, step);
    case 503: step->retry_s = 30; return LINLI_RETRY;
    default: return LINLI_UNKNOWN;
    }
}

static enum linli_outcome cancel(const struct linli_step_question *question,
                                 struct linli_step *step)
{
    switch (question->status) {
    case 0: return call(question, "DELETE", step);
    case 204:
    case 404: return LINLI_DONE; /* it is gone, as it should be */
    case 503: step->retry_s = 30; return LINLI_RETRY;
    default: return LINLI_UNKNOWN;
    }
}

static enum linli_outcome query(const struct linli_step_question *question, struct linli_step *step)
{
    bool about_cancel = question->asked_about != LINLI_RESERVE;

    switch (question->status) {
    case 0: return call(question, "GET", step);
    case 200: return about_cancel ? LINLI_ABSENT : take_code(question, step);
    case 404: return about_cancel ? LINLI_DONE : LINLI_ABSENT;
    default: return LINLI_UNKNOWN;
    }
}

static void take_step(const void *state, const struct linli_step_question *question,
                      const struct linli_facts *facts, struct linli_step *step)
{
    (void)state;
    (void)facts;
    switch (question->operation) {
    case LINLI_RESERVE: step->outcome = (uint32_t)reserve(question, step); break;
    case LINLI_CANCELLED: step->outcome = (uint32_t)cancel(question, step); break;
    case LINLI_QUERY: step->outcome = (uint32_t)query(question, step); break;
    default: step->outcome = LINLI_DONE; /* nothing that the bakery wants to hear of */
    }
}

static const struct linli_merchant merchant = {
    .size = sizeof(struct linli_merchant),
    .operations = 1 << LINLI_RESERVE | 1 << LINLI_CANCELLED | 1 << LINLI_QUERY,
    .can_undo = true,
    .step = take_step,
};

/* The one symbol that the server looks for. */
LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_MERCHANT),
    .name = LINLI_TEXT("corner_bakery"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("街角面包店"),
    .title_en = LINLI_TEXT("The bakery at the corner"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .merchant = &merchant,
};

#include "people/code_sender.h"

#include <string.h>

#include "base/log.h"
#include "people/sms_gateway.h"

const struct config_entry sms_config[] = {
    {.name = "sms.sender",
     .type = CONFIG_CHOICE,
     .offset = offsetof(struct sms_options, sender),
     .initial = "auto",
     .choices = "log|http|auto",
     .help = "who brings sign-in codes: log (the demo only), http (an SMS gateway), auto: log in "
             "the demo, else nobody"},
    {.name = "sms.url",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct sms_options, url),
     .initial = "",
     .help = "address of the SMS gateway: https, or http on this machine"},
    {.name = "sms.header",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct sms_options, header),
     .initial = "",
     .secret = true,
     .help = "a header for the gateway, such as: Authorization: Bearer SECRET"},
    {.name = "sms.body",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct sms_options, body),
     .initial = "{\"phone\":\"{phone}\",\"code\":\"{code}\"}",
     .help = "JSON for the gateway; {phone} is +8613812345678, {national} without +86, {code}"},
    {.name = "sms.success",
     .type = CONFIG_TEXT,
     .offset = offsetof(struct sms_options, success),
     .initial = "",
     .help = "what a gateway's good answer contains; empty: any status from 200 to 299 is good"},
    {.name = "sms.timeout",
     .type = CONFIG_DURATION,
     .offset = offsetof(struct sms_options, timeout_us),
     .initial = "5s",
     .min = SECOND_US,
     .max = 30 * SECOND_US,
     .help = "how long a message may take to be accepted by the gateway"},
    {.name = "sms.at_once",
     .type = CONFIG_INT,
     .offset = offsetof(struct sms_options, at_once),
     .initial = "2",
     .min = 1,
     .max = 64,
     .help = "messages that may be on their way at the same time: a slow gateway must not hold "
             "all query threads"},
    {0},
};

/* The demo's members are fictional, so that their codes may stand in a log. */
static enum code_sent log_code(const struct sms_options *options, const struct phone *phone,
                               const char *code, struct error *error)
{
    (void)options;
    (void)error;
    LOG(INFO, "sign_in.code", LOG_STR("phone", phone->text), LOG_STR("code", code));
    return CODE_SENT;
}

const struct code_sender code_sender_log = {
    .name = "log",
    .is_for_demo_only = true,
    .send = log_code,
};

const struct code_sender code_sender_http = {
    .name = "http",
    .send = sms_gateway_send,
};

const struct code_sender *code_sender_choose(const struct sms_options *options, struct error *error)
{
    if (options->sender != SENDER_HTTP)
        return &code_sender_log;
    return sms_gateway_check(options, error) ? &code_sender_http : NULL;
}

bool code_sender_allowed(const struct code_sender *sender, bool demo, struct error *error)
{
    if (demo || !sender->is_for_demo_only)
        return true;
    return error_set(error, "sms.sender",
                     "sms.sender=%s is for the demo only: it writes sign-in codes to the log. Set "
                     "sms.sender=http and sms.url",
                     sender->name);
}

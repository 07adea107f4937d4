/*
 * Who brings a sign-in code to its phone. The log sender is for the demo only; the http sender
 * posts to the gateway of any SMS provider. More are added as further entries.
 */
#ifndef LINLI_CODE_SENDER_H
#define LINLI_CODE_SENDER_H

#include "base/config.h"
#include "people/phone.h"

enum { SENDER_LOG, SENDER_HTTP, SENDER_AUTO /* the demo's, where it is allowed */ };

struct sms_options {
    int sender;    /* one of these */
    char *url;     /* https, or http to a loopback address */
    char *header;  /* "Authorization: Bearer …"; "" for none */
    char *body;    /* {phone}, {national} (no country code of China) and {code} are filled in */
    char *success; /* must occur in the gateway's answer; "" takes any 2xx */
    int64_t timeout_us;
    int64_t at_once; /* messages being sent at the same time; more are refused */
};
extern const struct config_entry sms_config[];

enum code_sent {
    CODE_SENT,
    CODE_NOT_NOW, /* too many at once: try again shortly */
    CODE_FAILED,  /* `error` says why */
};

struct code_sender {
    const char *name;
    bool is_for_demo_only;
    /* Blocks up to the timeout: on query threads only. Never logs phone or code, but the demo's. */
    enum code_sent (*send)(const struct sms_options *options, const struct phone *phone,
                           const char *code, struct error *error);
};
extern const struct code_sender code_sender_log, code_sender_http;

/* The configured one. NULL when its options do not fit. */
const struct code_sender *code_sender_choose(const struct sms_options *options,
                                             struct error *error);
/* False, with what to configure instead, for a start in production with a demo's sender. */
bool code_sender_allowed(const struct code_sender *sender, bool demo,
                         struct error *error) MUST_CHECK;

#endif

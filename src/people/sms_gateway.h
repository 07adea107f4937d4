/*
 * Sign-in codes through an SMS provider's HTTP gateway: one POST of JSON a code.
 */
#ifndef LINLI_SMS_GATEWAY_H
#define LINLI_SMS_GATEWAY_H

#include "base/buffer.h"
#include "people/code_sender.h"

/* Whether url and body can be used: at start, so that the first member does not find out. */
bool sms_gateway_check(const struct sms_options *options, struct error *error) MUST_CHECK;
/* code_sender's send. */
enum code_sent sms_gateway_send(const struct sms_options *options, const struct phone *phone,
                                const char *code, struct error *error);
/* Pure: the body with its places filled in. Numbers need no escaping. */
void sms_body_write(const char *body, const struct phone *phone, const char *code,
                    struct buffer *out);

#endif

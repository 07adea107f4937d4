/*
 * What the API reads from request headers. Pure; any thread.
 */
#ifndef LINLI_API_HEADERS_H
#define LINLI_API_HEADERS_H

#include "api/call.h"

#define IDEMPOTENCY_KEY_MOST 128

/* The better liked of the two languages that Linli speaks (RFC 9110 section 12.5.4); Chinese when
 * neither is named, or both are liked the same. */
enum language language_choose(struct text accept_language);
const char *language_tag(enum language language); /* "zh-CN" */

/*
 * The key of an Idempotency-Key header: 1 to 128 visible ASCII characters, bare or as the quoted
 * string of draft-ietf-httpapi-idempotency-key-header, whose content is the key. False: neither.
 */
bool idempotency_key_read(struct text header, char key[IDEMPOTENCY_KEY_MOST],
                          size_t *length) MUST_CHECK;

/* May an X-Request-Id of the caller go into our log and back? 8 to 64 of [A-Za-z0-9._-]. */
bool request_id_is_sane(struct text request_id) MUST_CHECK;

/* `application/json`, with or without parameters; the charset, if given, must be UTF-8. */
bool media_type_is_json(struct text content_type) MUST_CHECK;

/* `text/csv`, likewise. */
bool media_type_is_csv(struct text content_type) MUST_CHECK;

/* The token of `Bearer …`; data NULL when the header is something else. */
struct text bearer_token(struct text authorization);

/* Does If-None-Match name this entity tag (with its quotes)? Weak comparison, RFC 9110 13.1.2. */
bool entity_tag_matches(struct text if_none_match, const char *tag) MUST_CHECK;

#endif

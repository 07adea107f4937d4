/*
 * What callers send, read by field tables: bodies and query strings. Pure; any thread.
 */
#ifndef LINLI_INPUT_H
#define LINLI_INPUT_H

#include "base/arena.h"
#include "base/json_fields.h"

#define INPUT_DEPTH_MOST      16
#define INPUT_PARAMETERS_MOST 32

/* Decodes %XX, and '+' as a space where `plus_is_space`. False: a broken escape, a NUL, or bytes
 * that are not UTF-8. `decoded` is in the arena, or `encoded` itself when nothing was escaped. */
bool percent_decode(struct text encoded, bool plus_is_space, struct arena *arena,
                    struct text *decoded) MUST_CHECK;

/*
 * A JSON text of a body: no duplicate members, no NUL, nested at most INPUT_DEPTH_MOST deep. NULL
 * when it is not; `error` says where. The caller owns the reference. No body is an empty object:
 * then the field table names what is missing.
 */
json_t *body_parse(struct text body, struct error *error);

/*
 * `a=1&b=x` by the same tables as a body: texts become what the field's type wants of JSON
 * (JSON_IDS are comma-separated). `fields` NULL: no parameter is accepted. Otherwise as
 * json_fields_read.
 */
bool query_string_read(const struct json_field *fields, struct text query, struct arena *arena,
                       void *out, struct json_fault *fault) MUST_CHECK;

#endif

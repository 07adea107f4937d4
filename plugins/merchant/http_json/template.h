/*
 * Templates: text with {names}, which become what they stand for, escaped for where they stand. A
 * value never ends the string or the path segment that it is put into.
 */
#ifndef HTTP_JSON_TEMPLATE_H
#define HTTP_JSON_TEMPLATE_H

#include <linli/plugin.h>

enum template_place {
    IN_PATH, /* percent-encoded, but for RFC 3986's unreserved characters */
    IN_JSON, /* inside a JSON string; numbers may stand without quotes */
};

struct template_value {
    const char *name;
    struct linli_text text;
};

/* `values` ends with a NULL name. A {name} that is not among them stays as it is; so does every
 * other brace. False when it does not fit: half a request is none. */
bool template_write(struct linli_text text, const struct template_value *values,
                    enum template_place place, struct linli_room *out);

#endif

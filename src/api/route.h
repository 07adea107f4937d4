/*
 * Routes: roles, body fields and idempotency are enforced from this table before a handler runs,
 * and a test holds docs/openapi.yaml against it in both directions (`linli routes --json`).
 */
#ifndef LINLI_ROUTE_H
#define LINLI_ROUTE_H

#include "base/json_fields.h"
#include "http/server.h"

struct call;

enum runs_on { ON_LOOP, ON_QUERY };

struct route {
    enum http_method method;
    const char *path; /* "/v1/redemptions/{id}/cancel"; {id} is numeric, {word} is text */
    unsigned who;     /* roles of people/who.h, ANYONE or SIGNED_IN */
    enum runs_on runs_on;
    void (*handler)(struct call *call);
    const struct json_field *fields; /* body; NULL: no body is accepted */
    size_t input_size;
    const struct json_field *query_fields; /* query parameters; NULL: none is accepted */
    size_t query_size;
    bool idempotent; /* Idempotency-Key is required */
};

/* Each resource file exports its routes, ending with a zero path; routes.c lists the tables. */
extern const struct route *const route_tables[]; /* ends with NULL */

struct text;
/* The route for a method and path. `ids` and `word` are filled. `allowed` gets the methods (bits
 * of 1 << method) that the path knows when only the method did not match. */
const struct route *route_find(enum http_method method, struct text path, struct arena *arena,
                               uint64_t ids[2], struct text *word, unsigned *allowed);

#endif

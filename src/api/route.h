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

/* What every handler returns and only the replies make: so that the compiler sees that each of its
 * ends answers the call, waits, or has handed it to the teller. */
enum answered { ANSWERED };

struct route {
    enum http_method method;
    const char *path; /* "/v1/redemptions/{id}/cancel"; {id} is numeric, {word} is text */
    unsigned who;     /* roles of people/who.h, ANYONE or SIGNED_IN */
    enum runs_on runs_on;
    enum answered (*handler)(struct call *call);
    const struct json_field *fields; /* body; NULL: no body is accepted */
    size_t input_size;
    const struct json_field *query_fields; /* query parameters; NULL: none is accepted */
    size_t query_size;
    bool idempotent; /* Idempotency-Key is required */
    bool takes_csv;  /* the body is text/csv, for the handler to read from the request */
};

/* Each resource file exports its routes, ending with a zero path; routes.c lists the tables. */
extern const struct route *const route_tables[]; /* ends with NULL */

/* Compiles tables (which outlive the process) for route_find: once, before any loop runs. Asserts
 * that no two routes are the same and that what moves points has somebody to answer for it. */
void routes_compile(const struct route *const *tables);

/* The route for a method and path. `ids` and `word` are filled. HEAD finds GET. When only the
 * method did not match, `allowed` gets the methods (bits of 1 << method) that the path knows. */
const struct route *route_find(enum http_method method, struct text path, struct arena *arena,
                               uint64_t ids[2], struct text *word, unsigned *allowed);

#endif

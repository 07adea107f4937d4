/*
 * The conformance suite: a plugin in a throw-away host, asked what an ordinary day asks and what no
 * day should: unknown facts, numbers at their ends, texts that are empty, long, or strange. It must
 * answer everything within bounds, and the same question with the same answer, also in another host
 * and in another order.
 */
#ifndef LINLI_CONFORMANCE_H
#define LINLI_CONFORMANCE_H

#include "plugin/plugins.h"

struct conformance_check {
    const char *name;  /* "The same question gets the same answer" */
    const char *fault; /* in the arena; NULL: passed */
};

#define CONFORMANCE_CHECKS_MOST 8
struct conformance {
    struct manifest manifest; /* when `described` */
    bool described;
    struct conformance_check checks[CONFORMANCE_CHECKS_MOST];
    size_t count;
    size_t questions;
    int64_t mean_ns; /* of a question */
    bool passed;
};

/* `settings` NULL: the defaults. False only when the suite itself could not run. */
bool plugin_conforms(const struct plugin_options *options, const char *program, struct text image,
                     const json_t *settings, struct arena *arena, struct conformance *out,
                     struct error *error) MUST_CHECK;

#endif

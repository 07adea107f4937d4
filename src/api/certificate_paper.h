/*
 * What stands on a certificate and on the answer to a check, as papers; and the same as JSON.
 */
#ifndef LINLI_CERTIFICATE_PAPER_H
#define LINLI_CERTIFICATE_PAPER_H

#include <jansson.h>

#include "api/paper.h"
#include "service/certificates.h"

/* A certificate with all that is read of it besides; in the arena. */
struct certificate_facts {
    const struct certificate_view *view;
    const char *name; /* in full on the paper, masked in a check; NULL: is not shown */
    struct certificate_category *categories;
    size_t category_count;
    struct certificate_sum grades[GRADES_COUNT];
    char **titles;       /* of the lines; NULL in a check */
    const char *code;    /* for people */
    const char *address; /* where anybody checks it; NULL: no address is configured */
};

/* What both papers and both answers need; without titles, code and address. */
bool certificate_facts_read(struct db *db, const struct certificate_view *view, const char *name,
                            struct arena *arena, struct certificate_facts *facts,
                            struct error *error) MUST_CHECK;

#define CERTIFICATE_LISTED_MOST 500 /* records on paper; the rest is in the sums */
#define CERTIFICATE_MONTHS_MOST 36  /* beyond, sums are by year */

struct paper *certificate_paper(struct arena *arena, const struct certificate_facts *facts,
                                int utc_offset_minutes);
/* `facts` NULL: of a code that is none. */
struct paper *certificate_check_paper(struct arena *arena, const struct certificate_facts *facts,
                                      int utc_offset_minutes);
/* Unit, period, sums, by category and grade, what was lost. */
json_t *certificate_facts_json(const struct certificate_facts *facts, bool in_english);
/* {"activities": 3, "minutes": 210} */
json_t *certificate_sum_json(struct certificate_sum sum);

#endif

/*
 * Consent by purpose. Each can be given and withdrawn at any time by the member alone; points that
 * were earned stay whatever is withdrawn. What somebody has never answered counts as no.
 */
#ifndef LINLI_CONSENTS_H
#define LINLI_CONSENTS_H

#include "base/arena.h"
#include "people/people.h"

#define CONSENT_PURPOSES(X)                                                                        \
    X(1, NOTICES, "notices")                 /* messages beside those about one's own vouchers */  \
    X(2, RECOMMENDATIONS, "recommendations") /* skills and free times choose what is shown */      \
    X(3, CALL_OUTS, "call_outs")             /* may be called out by skill */                      \
    X(4, PHOTOS, "photos")                   /* may be seen on photos of activities */             \
    X(5, CONTACT, "contact")                 /* coordinators may see the phone number whole */     \
    X(6, PROXY, "proxy")                     /* staff of their community may act for them */

enum consent_purpose {
#define CONSENT_ENUM(number, name, ...) CONSENT_##name = (number),
    CONSENT_PURPOSES(CONSENT_ENUM)
#undef CONSENT_ENUM
};
#define CONSENTS_COUNT  6
#define CONSENT_CHOICES "notices|recommendations|call_outs|photos|contact|proxy"

struct consent {
    enum consent_purpose purpose;
    const char *name;
    int64_t given_us;     /* 0: never */
    int64_t withdrawn_us; /* 0: it stands, if it was given */
};

/* One of each purpose, in their order. */
bool consents_read(struct db *db, uint64_t member_id, struct consent out[CONSENTS_COUNT],
                   struct error *error) MUST_CHECK;
bool consent_stands(const struct consent *consent);
/* Whether it stands; false too when the database failed (which is logged). */
bool consent_has(struct db *db, uint64_t member_id, enum consent_purpose purpose) MUST_CHECK;
/* Gives or withdraws; the same again changes nothing. */
bool consent_set(struct db *db, uint64_t member_id, enum consent_purpose purpose, bool given,
                 int64_t now_us, struct error *error) MUST_CHECK;

#endif

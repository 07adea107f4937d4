/*
 * A certificate 服务证明: what a member's approved service adds up to over a period, for the member
 * to take away. Its code, which anybody can check, is made of all that it states: a row that was
 * changed afterwards has another code. Here is what is pure; certificates.h has the rest.
 */
#ifndef LINLI_CERTIFICATE_H
#define LINLI_CERTIFICATE_H

#include "base/buffer.h"
#include "base/crypto.h"
#include "base/hash_map.h"
#include "base/paper_code.h"
#include "service/record.h"

#define CERTIFICATE_LINES_MOST 10000 /* records: of 20 years, more than one a day */

/* One approved record as it was when the certificate was issued. */
struct certificate_line {
    uint64_t record_id;
    int32_t day; /* local, on which it began */
    int32_t minutes;
    uint8_t category;
    uint8_t grade; /* enum evidence_grade */
};

struct certificate_sum {
    int64_t activities, minutes;
};

enum certificate_state {
    CERTIFICATE_CURRENT = 1, /* all that it states stands */
    CERTIFICATE_SUPERSEDED,  /* it stands, and the member has a newer one of the same period */
    CERTIFICATE_REVOKED,     /* service that it states was taken back or changed since */
    CERTIFICATE_WITHDRAWN,   /* by the member, or with the member's erasure: it says nothing more */
};
const char *certificate_state_name(enum certificate_state state); /* "current" */

struct certificate {
    uint64_t id, member_id, unit_id;
    bool shows_name;               /* the member agreed that a check shows the masked name */
    int32_t from_day, through_day; /* local days, both within */
    int64_t issued_us;
    uint64_t issued_by;
    int64_t withdrawn_us; /* 0: it was not */
    uint32_t code_key;    /* the voucher key that the code is made with */
    struct certificate_line *lines;
    size_t line_count;
};

void certificate_pack_lines(const struct certificate_line *lines, size_t count,
                            struct buffer *packed);
/* Into the arena. False for bytes that are no lines. */
bool certificate_unpack_lines(struct text packed, struct arena *arena,
                              struct certificate_line **lines, size_t *count) MUST_CHECK;

void certificate_code(const uint8_t key[MAC_KEY_SIZE], const struct certificate *certificate,
                      struct paper_code *code);

struct certificate_sum certificate_sum(const struct certificate_line *lines, size_t count);
/* What it states that does not stand: `standing` has the minutes of every record that does. */
struct certificate_sum certificate_lost(const struct certificate *certificate,
                                        const struct hash_map *standing);

/* What it states by grade: sums[0] for A … sums[3] for D. */
#define GRADES_COUNT 4
void certificate_grades(const struct certificate *certificate,
                        struct certificate_sum sums[GRADES_COUNT]);

#endif

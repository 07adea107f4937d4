/*
 * What counts, said once for every statement of the figures: `w` is the whole activity, `a` that
 * one or a shift of it, `u` its unit, `r` a record, `o` who a merged member is by now.
 */
#ifndef LINLI_FIGURES_SQL_H
#define LINLI_FIGURES_SQL_H

#include "base/clock.h"
#include "people/members.h"
#include "service/figures.h"

#define FROM_HELD                                                                                  \
    " FROM units u JOIN activities a ON a.unit_id = u.unit_id"                                     \
    " JOIN activities w ON w.activity_id = IF(a.part_of = 0, a.activity_id, a.part_of)"

/* A shift begins less than a day after its activity: the bound on `a` is for its index. 3, 4, 5:
 * running, closed, settled. */
#define WHERE_HELD                                                                                 \
    " WHERE u.path LIKE ? AND w.starts_us >= ? AND w.starts_us < ?"                                \
    " AND a.starts_us >= ? AND a.starts_us < ? AND w.state IN (3, 4, 5) AND a.state IN (3, 4, 5)"
#define HELD_VALUES(span)                                                                          \
    DB_STR((span)->pattern), DB_INT((span)->from_us), DB_INT((span)->to_us),                       \
        DB_INT((span)->from_us), DB_INT((span)->to_us + DAY_US)

/* Of proposals 2, 1: a claw back that was approved. */
#define NOT_CLAWED_BACK                                                                            \
    "r.record_id NOT IN (SELECT p.subject FROM proposals p WHERE p.kind = 2 AND p.state = 1)"
/* 3: approved. */
#define RECORD_COUNTS "r.state = 3 AND " NOT_CLAWED_BACK

/* Accounts that became one are one person, over any number of steps. */
#define JOIN_PERSON                                                                                \
    " LEFT JOIN (WITH RECURSIVE led AS (SELECT member_id, into_id FROM merges WHERE done_us > 0"   \
    "  UNION SELECT led.member_id, m.into_id FROM led"                                             \
    "  JOIN merges m ON m.member_id = led.into_id AND m.done_us > 0)"                              \
    "  SELECT member_id, into_id AS person_id FROM led WHERE into_id NOT IN"                       \
    "  (SELECT member_id FROM merges WHERE done_us > 0)) o ON o.member_id = r.member_id"
#define PERSON "COALESCE(o.person_id, r.member_id)"

/* What was entered for a shift counts unless the whole was counted. */
#define JOIN_COUNTS                                                                                \
    " JOIN activity_counts c ON c.activity_id = a.activity_id AND (a.part_of = 0 OR"               \
    "  NOT EXISTS (SELECT 1 FROM activity_counts k WHERE k.activity_id = a.part_of))"

/* A line's key: as figures_first_day says, or the id below the unit's own path, 0 for itself.
 * `q` has what it takes: q.split is an enum figures_by, q.below where the path goes on. */
#define LINE_KEY                                                                                   \
    "CASE q.split WHEN 1 THEN (w.starts_us + q.offset_us) DIV 86400000000"                         \
    " WHEN 2 THEN (w.starts_us + q.offset_us) DIV 86400000000"                                     \
    "  - ((w.starts_us + q.offset_us) DIV 86400000000 + 3) MOD 7"                                  \
    " WHEN 3 THEN (w.starts_us + q.offset_us) DIV 86400000000 + 1 - DAYOFMONTH(DATE_ADD("          \
    "  '1970-01-01', INTERVAL (w.starts_us + q.offset_us) DIV 86400000000 DAY))"                   \
    " WHEN 4 THEN CAST(CONCAT('0', SUBSTRING_INDEX(SUBSTRING(u.path, q.below), '/', 1))"           \
    "  AS UNSIGNED) ELSE 0 END"
#define JOIN_QUESTION          " CROSS JOIN (SELECT ? AS split, ? AS offset_us, ? AS below) q"
#define SPLIT_VALUES(by, span) DB_INT(by), DB_INT((span)->offset_us), DB_INT((span)->below)

/* Of a row of `members m`: a person who is there, under their present account. */
#define IS_MEMBER "m.erased_us = 0 AND m.merged_into = 0 AND " MEMBER_IS_THERE

struct figures_span {
    const char *pattern;    /* of paths */
    int64_t from_us, to_us; /* to_us is no more within */
    int64_t offset_us;      /* of local days */
    size_t below;           /* where a path goes on after the unit's own */
};
struct figures_span figures_span(const struct figures_of *of, struct arena *arena);

#endif

/*
 * The award policy: how many points a reviewed service record is worth. A seam: main.c names the
 * policy in force; an assessment plugin may take its place. Pure: the same question, the same
 * answer; the daily cap is held by the book, which sees what else was earned that day.
 */
#ifndef LINLI_AWARD_POLICY_H
#define LINLI_AWARD_POLICY_H

#include "base/config.h"
#include "service/record.h"

struct award_question {
    int32_t minutes;
    int32_t coefficient_percent; /* of the activity's category; 100 is plain */
    enum evidence_grade grade;
    int64_t started_us, now_us;
};

struct award_answer {
    int64_t points;     /* hundredths, rounded down once */
    int64_t daily_cap;  /* hundredths; 0: none */
    int64_t expires_us; /* of the lot */
};

struct award_policy {
    const char *name; /* recorded with decisions */
    struct award_answer (*answer)(const void *context, const struct award_question *question);
    const void *context;
};

/* The default: points an hour × category coefficient, a daily cap, and expiry either at the end of
 * the year (`award.expiry = year_end`) or after `award.expiry_days`. */
enum award_expiry { EXPIRY_YEAR_END, EXPIRY_DAYS };
struct award_options {
    int64_t points_per_hour; /* hundredths */
    int64_t daily_cap;       /* hundredths */
    int expiry;              /* enum award_expiry */
    int64_t expiry_days;
    const int64_t *utc_offset_minutes; /* the programme's */
};
extern const struct config_entry award_config[];
/* `context` is a struct award_options. */
struct award_answer award_by_category(const void *context, const struct award_question *question);

#endif

/*
 * What the resources of activities share: how one looks in answers, and who leads it.
 */
#ifndef LINLI_ACTIVITY_CALLS_H
#define LINLI_ACTIVITY_CALLS_H

#include "api/call.h"
#include "service/activities.h"

#define LEADERS (ROLE_COORDINATOR | ROLE_ADMINISTRATOR)

/* What a coordinator says of an activity, when it is made and when it is corrected. */
#define CATEGORIES                                                                                 \
    "epidemic_control|poverty_relief|clean_homes|public_safety|civil_travel|good_neighbours|"      \
    "culture_and_sport|joint_building|joint_governing|sharing"

struct activity_terms {
    int category; /* index into CATEGORIES: one less than its row's number */
    struct text title, description, place;
    int64_t starts_us, ends_us, capacity;
    struct text skill, age_note, insurance_note;
    int64_t latitude_e6, longitude_e6, radius_m, difficulty;
};
#define TERM(input, member, field) offsetof(input, member) + offsetof(struct activity_terms, field)
/* clang-format off */
#define ACTIVITY_TERMS_FIELDS(input, member)                                                       \
    {"category", JSON_CHOICE, REQUIRED, TERM(input, member, category), .choices = CATEGORIES},     \
    {"title", JSON_TEXT, REQUIRED, TERM(input, member, title), .min = 1, .max = 100},              \
    {"description", JSON_TEXT, OPTIONAL, TERM(input, member, description), .max = 1000},           \
    {"place", JSON_TEXT, OPTIONAL, TERM(input, member, place), .max = 200},                        \
    {"starts_at", JSON_TIME, REQUIRED, TERM(input, member, starts_us)},                            \
    {"ends_at", JSON_TIME, REQUIRED, TERM(input, member, ends_us)},                                \
    {"capacity", JSON_INT, REQUIRED, TERM(input, member, capacity), .min = 1, .max = 100000},      \
    {"skill", JSON_TEXT, OPTIONAL, TERM(input, member, skill), .max = 40},                         \
    {"age_note", JSON_TEXT, OPTIONAL, TERM(input, member, age_note), .max = 100},                  \
    {"insurance_note", JSON_TEXT, OPTIONAL, TERM(input, member, insurance_note), .max = 200},      \
    {"latitude_e6", JSON_INT, OPTIONAL, TERM(input, member, latitude_e6), .min = -90000000,        \
     .max = 90000000},                                                                             \
    {"longitude_e6", JSON_INT, OPTIONAL, TERM(input, member, longitude_e6), .min = -180000000,     \
     .max = 180000000},                                                                            \
    {"radius_m", JSON_INT, OPTIONAL, TERM(input, member, radius_m), .max = 5000},              \
    {"difficulty", JSON_INT, OPTIONAL, TERM(input, member, difficulty), .max = 5}
/* clang-format on */
/* Texts in the call's arena; without id and unit. */
struct activity activity_of_terms(struct call *call, const struct activity_terms *terms);
/* The end after the start, by a day at most. */
bool activity_times_fit(int64_t starts_us, int64_t ends_us);
enum answered reply_bad_times(struct call *call);

json_t *activity_json(const struct activity *activity);
/* A coordinator leads the activities of their unit and of those below it. */
bool activity_may_lead(struct call *call, uint64_t unit_id);
/* FIND_NOTHING as well for an activity that is not the caller's to lead. */
enum find activity_find_led(struct call *call, uint64_t activity_id, struct activity *activity,
                            struct error *error);
/* The activity as it is now; drafts for staff only. For a member, with their own sign-up. */
enum answered activity_show(struct call *call, int status, uint64_t activity_id);
enum answered reply_refused(struct call *call, enum refusal refusal);

#endif

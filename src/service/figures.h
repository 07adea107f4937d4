/*
 * Figures: what a unit, with everything below it, did in a period of local days. They follow the
 * activity: its unit, and the day on which it began; a shift's are those of the activity that it is
 * part of. Only activities that were held count: begun, and not cancelled. Query threads; texts
 * live in the arena.
 *
 * What each figure counts:
 *
 *   activities   whole ones: a shift is not one more
 *   volunteers   people with an approved record; two accounts that became one are one person
 *   attendances  approved records, without those whose points were clawed back: that service was
 * not minutes      of those records residents, households, cases as entered for the activity; for
 * its shifts when it was not counted as a whole undecided    records that wait for a review or for
 * their member: what may still be added
 *
 * Each but `volunteers` is the sum over any split of the period or of the units.
 */
#ifndef LINLI_FIGURES_H
#define LINLI_FIGURES_H

#include "base/arena.h"
#include "store/db.h"

enum figure {
    FIGURE_ACTIVITIES,
    FIGURE_VOLUNTEERS,
    FIGURE_ATTENDANCES,
    FIGURE_RESIDENTS,
    FIGURE_HOUSEHOLDS,
    FIGURE_CASES,
    FIGURE_MINUTES,
    FIGURE_UNDECIDED,
    FIGURES, /* how many there are */
};
const char *figure_name(enum figure figure); /* "activities" */
bool figure_parse(struct text name, enum figure *figure) MUST_CHECK;

struct figures_of {
    const char *path;         /* the unit's own, "/1/5/" */
    bool directly;            /* without what is below it */
    int32_t from_day, to_day; /* local days, both within */
    int utc_offset_minutes;
};

/* --- The sheet ------------------------------------------------------------------------------- */

/* Into what lines a sheet is split. Weeks begin on Monday. */
enum figures_by { BY_TOTAL, BY_DAY, BY_WEEK, BY_MONTH, BY_UNIT };
#define FIGURES_BY         "total|day|week|month|unit"
#define FIGURES_LINES_MOST 600 /* of days, weeks or months */

struct figures_line {
    int64_t key;      /* the first day of its day, week or month; or the unit's id */
    uint64_t unit_id; /* whose: the sheet's own unit, or one just below it */
    const char *unit_name;
    bool directly;            /* by unit: what is of the unit itself, without those below */
    int32_t from_day, to_day; /* the part of the period */
    int64_t values[FIGURES];
};

struct figures_sheet {
    struct figures_line total;
    struct figures_line
        *lines; /* by time, or the unit itself first and then by id; none by total */
    size_t count;
};

struct figures_question {
    struct figures_of of; /* never `directly` */
    uint64_t unit_id;
    const char *unit_name;
    enum figures_by by;
};
/* How many lines a split by time makes; 0 for the others. Pure. */
size_t figures_line_count(const struct figures_question *question);
/* The first day of the day, week or month that contains `day`; itself for the others. Pure. */
int32_t figures_first_day(int32_t day, enum figures_by by);

/* A split by time makes FIGURES_LINES_MOST lines at most. */
bool figures_read(struct db *db, const struct figures_question *question, struct arena *arena,
                  struct figures_sheet *sheet, struct error *error) MUST_CHECK;

/* --- What a figure is made of ---------------------------------------------------------------- */

/* What one row adds to its figure. The rows of a figure add up to it. */
struct figure_row {
    uint64_t id;          /* of the activity, record or person: the cursor */
    uint64_t activity_id; /* 0: of several (volunteers) */
    uint64_t unit_id;     /* the activity's, or 0 */
    uint64_t record_id;   /* 0: it is none */
    uint64_t member_id;   /* 0: it is nobody's; of volunteers the account that the person has now */
    char *title;          /* the activity's, or NULL */
    int64_t starts_us;    /* the activity's, or 0 */
    int64_t value;        /* 1, residents, households, cases, or minutes */
};
/* By id, above `after`; `limit` at most. */
bool figure_rows(struct db *db, const struct figures_of *of, enum figure figure, uint64_t after,
                 int64_t limit, struct arena *arena, struct figure_row **rows, size_t *count,
                 struct error *error) MUST_CHECK;

#endif

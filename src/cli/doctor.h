/*
 * What `linli doctor` looks at. A check adds one finding, or several; it changes nothing.
 */
#ifndef LINLI_CLI_DOCTOR_H
#define LINLI_CLI_DOCTOR_H

#include "cli/cli.h"
#include "cli/database.h"

enum health { HEALTH_OK, HEALTH_WARN, HEALTH_FAIL };

struct finding {
    enum health health;
    const char *check;  /* "disk": one word */
    char *text;         /* what is the case */
    const char *remedy; /* what to do; NULL when all is well */
};

#define FINDINGS_MOST 64

struct doctor {
    const struct settings *settings;
    struct arena *arena;
    struct finding findings[FINDINGS_MOST];
    size_t count;

    struct database database;
    bool connected;         /* `database` can be asked */
    bool schema_is_current; /* and has this binary's tables */
};

void doctor_ok(struct doctor *doctor, const char *check, const char *format, ...) PRINTF_LIKE(3, 4);
/* Works, but not as it should, or not for long. */
void doctor_warn(struct doctor *doctor, const char *check, const char *remedy, const char *format,
                 ...) PRINTF_LIKE(4, 5);
/* Does not work. */
void doctor_fail(struct doctor *doctor, const char *check, const char *remedy, const char *format,
                 ...) PRINTF_LIKE(4, 5);

/* doctor_machine.c: what needs no database. doctor_database.c: the rest; connects first. */
void doctor_look_at_machine(struct doctor *doctor);
void doctor_look_at_database(struct doctor *doctor);

#endif

/*
 * Import of members from a CSV file, all or nothing.
 *
 * The first row names the columns, in any order: name and unit are needed; phone, work_unit, age
 * (adult, youth) and guardian (yes) may be there. A unit is its id, or its name where only one unit
 * in reach has it.
 *
 * Every row is checked first, and every faulty one is named with its column and reason. Then rows
 * are staged in transactions of less than 5,000 rows, hidden, and one row of `imports` shows them
 * all. An import that dies on the way is never seen; the keeper takes its rows away.
 */
#ifndef LINLI_IMPORT_H
#define LINLI_IMPORT_H

#include <stdatomic.h>

#include "base/ids.h"
#include "people/keyring.h"
#include "people/people.h"

#define IMPORT_ROWS_MOST 200000

struct import_fault {
    size_t line;        /* of the file, the heading being 1 */
    const char *column; /* a literal; NULL: the row as a whole */
    const char *code;   /* a literal: see import_fault_text */
};
/* What to do about it; for people, in both languages. */
const char *import_fault_text(const char *code, bool english);

struct import_wanted {
    struct text csv;
    uint64_t scope_id; /* units that may be named: this one and those below; 0: all */
    bool dry_run;      /* check only */
    uint64_t actor;    /* 0: the command line */
    /* Called after each slice; NULL: nobody wants to know. */
    void (*progress)(void *context, size_t done, size_t rows);
    void *context;
};

struct import_report {
    uint64_t import_id; /* 0: nothing was staged */
    size_t rows;
    struct import_fault *faults; /* in the arena */
    size_t fault_count;
    size_t faulty_rows; /* a row may have several faults */
};

enum import_answer {
    IMPORT_DONE,   /* imported; of a dry run: it would be */
    IMPORT_FAULTY, /* the report says why; nothing was changed */
    IMPORT_BUSY,   /* another import is under way */
    IMPORT_BROKEN,
};
/* Holds about 200 bytes a row beside the text. Blocks for about 0.2 ms a row. */
enum import_answer members_import(struct db *db, const struct keyring *keyring,
                                  struct id_maker *ids, const struct import_wanted *wanted,
                                  struct arena *arena, struct import_report *report,
                                  struct error *error) MUST_CHECK;

/* Takes away the rows of imports that died, at most about `most` of them. For the keeper. */
bool import_prune(struct db *db, int64_t now_us, int most, struct error *error) MUST_CHECK;

struct import_state {
    uint64_t import_id, actor;
    const char *state; /* "staging", "done", "undone" */
    int64_t rows, staged, began_us, ended_us;
};
/* The newest first, at most `most`. */
bool import_list(struct db *db, struct arena *arena, size_t most, struct import_state **imports,
                 size_t *count, struct error *error) MUST_CHECK;

#endif

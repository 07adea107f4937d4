/*
 * Rows as CSV for a spreadsheet or as a JSON array for programs, into a file or on stdout. Cells
 * are written in the order of the names; ids as digits, points as "12.50", times as RFC 3339.
 */
#ifndef LINLI_CLI_EXPORT_WRITER_H
#define LINLI_CLI_EXPORT_WRITER_H

#include <jansson.h>
#include <stdio.h>

#include "base/buffer.h"

struct export_writer {
    bool json;
    int offset_minutes; /* of times in CSV; JSON has UTC */
    FILE *out;
    const char *path;         /* NULL: stdout */
    const char *const *names; /* of the cells; ends with NULL */

    size_t cell; /* the next one's place in its row */
    uint64_t rows;
    struct buffer line;
    json_t *object;
};

/* Opens the file, which must not be there yet and which only its owner can read, and writes the
 * head. */
bool export_open(struct export_writer *writer, struct error *error) MUST_CHECK;
void export_id(struct export_writer *writer, uint64_t id); /* 0: none */
void export_int(struct export_writer *writer, int64_t number);
void export_points(struct export_writer *writer, int64_t hundredths);
void export_time(struct export_writer *writer, int64_t at_us); /* 0: none */
void export_text(struct export_writer *writer, struct text text);
void export_word(struct export_writer *writer, const char *word); /* NULL: none */
/* After the last cell. */
void export_end_row(struct export_writer *writer);
/* False: not all of it could be written; a file is then removed. Always called once after
 * export_open succeeded; `good` false: something else failed, the error is set already. */
bool export_close(struct export_writer *writer, bool good, struct error *error) MUST_CHECK;

#endif

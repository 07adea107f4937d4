/*
 * Reading CSV: RFC 4180, with LF as well as CRLF, with or without a BOM. Cells are views into the
 * text, or copies in the arena where doubled quotes had to be taken apart. Pure.
 */
#ifndef LINLI_CSV_READ_H
#define LINLI_CSV_READ_H

#include "base/arena.h"

struct csv_reader {
    struct text text;
    size_t at;
    size_t line; /* of the row that was read last; the first is 1. A quoted cell may span lines. */
    size_t next_line;
    struct arena *arena;
};

enum csv_row { CSV_ROW, CSV_END, CSV_BAD_QUOTES };

void csv_open(struct csv_reader *reader, struct text text, struct arena *arena);
/* One row into `cells`, of which `most` fit: *count says how many there were. Empty lines are
 * passed over. After CSV_BAD_QUOTES the rest of that line is passed over. */
enum csv_row csv_read(struct csv_reader *reader, struct text *cells, size_t most,
                      size_t *count) MUST_CHECK;

#endif

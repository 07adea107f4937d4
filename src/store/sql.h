/*
 * The teller's SQL builder: it can emit only literal program text, typed integers, hex literals
 * and length-escaped strings, so nothing from outside is ever parsed as SQL. (Multi-statements
 * cannot be prepared; everywhere else parameters are bound.)
 */
#ifndef LINLI_SQL_H
#define LINLI_SQL_H

#include "base/buffer.h"

struct sql {
    struct buffer text;
    size_t rows; /* rows named so far, for the batch's bound */
};

void sql_clear(struct sql *sql);
void sql_free(struct sql *sql);

/* Program text only: the macro refuses anything but a literal. */
#define sql_add(sql, literal) sql_add_literal((sql), "" literal "", sizeof(literal) - 1)
void sql_add_literal(struct sql *sql, const char *text, size_t length);
void sql_add_int(struct sql *sql, int64_t value);
void sql_add_id(struct sql *sql, uint64_t value);
void sql_add_bytes(struct sql *sql, const void *data, size_t length); /* x'…'; '' when empty */
void sql_add_null(struct sql *sql);
/* "(1,2,3)"; the list must not be empty. */
void sql_add_ids(struct sql *sql, const uint64_t *ids, size_t count);
/* Ends a statement: ";". */
void sql_end(struct sql *sql);

#endif

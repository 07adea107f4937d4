/*
 * Writing CSV: RFC 4180 with CRLF, UTF-8 with a BOM, without which spreadsheets guess the character
 * set. A text that a spreadsheet would run as a formula gets an apostrophe in front. Pure.
 *
 *   csv_begin(&out);
 *   csv_word(&out, "shop"); csv_word(&out, "points"); csv_end_row(&out);
 *   csv_text(&out, name);   csv_points(&out, 1250);   csv_end_row(&out);
 */
#ifndef LINLI_CSV_H
#define LINLI_CSV_H

#include "base/buffer.h"

void csv_begin(struct buffer *out);
void csv_text(struct buffer *out, struct text text);
void csv_word(struct buffer *out, const char *word); /* NULL is an empty cell */
void csv_int(struct buffer *out, int64_t number);
void csv_id(struct buffer *out, uint64_t id); /* 0 is an empty cell */
void csv_points(struct buffer *out, int64_t hundredths);
void csv_time(struct buffer *out, int64_t at_us, int offset_minutes); /* 0 is an empty cell */
/* After at least one cell. */
void csv_end_row(struct buffer *out);

#endif

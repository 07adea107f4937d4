/*
 * Papers: what people carry away, bilingual, the same as a page of HTML and as a PDF with its fonts
 * inside. Who makes one fills plain data; how it looks is here. Any thread.
 */
#ifndef LINLI_PAPER_H
#define LINLI_PAPER_H

#include "base/arena.h"
#include "base/base.h"

/* A text in both languages; `en` may be NULL where there is only one. */
struct paper_text {
    const char *zh, *en;
};

struct paper_fact {
    struct paper_text name;
    const char *value;
};

struct paper_column {
    struct paper_text name;
    double share; /* of the width; all of a table's add up to 1 */
    bool is_number;
};

#define PAPER_COLUMNS_MOST 6
struct paper_table {
    struct paper_text title;
    const struct paper_column *columns;
    size_t column_count;
    const struct paper_text *cells; /* row by row */
    size_t row_count;
    struct paper_text note; /* below it; zh NULL: none */
};

struct paper {
    struct paper_text title;
    struct paper_text lead;    /* what it says, in a sentence */
    struct paper_text verdict; /* of a check: a banner; zh NULL: none */
    bool is_good;              /* the verdict */
    const struct paper_fact *facts;
    size_t fact_count;
    const struct paper_table *tables;
    size_t table_count;
    const char *qr;         /* what its QR holds; NULL: none */
    const char *code;       /* for people, below the QR */
    struct paper_text note; /* below the facts */
    const char *made_at;    /* RFC 3339: a PDF of the same paper has the same bytes */
};

/* In the arena. */
struct text paper_html(struct arena *arena, const struct paper *paper);
/* A4; some 100 ms and a few MB while it is made. False when it cannot be made here:
 * "paper.no_font" when the machine has no font with Chinese characters. */
bool paper_pdf(struct arena *arena, const struct paper *paper, struct text *pdf,
               struct error *error) MUST_CHECK;
/* Whether this machine has a font for that. */
bool paper_has_font(void) MUST_CHECK;

#endif

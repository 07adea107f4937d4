/*
 * Figure sheets as JSON and CSV, for the API and the command line.
 */
#ifndef LINLI_FIGURE_JSON_H
#define LINLI_FIGURE_JSON_H

#include <jansson.h>

#include "base/buffer.h"
#include "service/figures.h"

/* Each figure with the path to its rows. */
json_t *figures_json(const struct figures_question *question, const struct figures_sheet *sheet,
                     struct arena *arena);
/* A row a line and the total last, for the sheet of the next level up (base/csv.h). */
void figures_csv(const struct figures_sheet *sheet, struct buffer *out);

/* How the sheet is split, as JSON names it; the choices are FIGURES_BY. */
const char *figures_by_name(enum figures_by by);

#endif

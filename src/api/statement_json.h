/*
 * Statements as JSON, for the API and the command line.
 */
#ifndef LINLI_STATEMENT_JSON_H
#define LINLI_STATEMENT_JSON_H

#include <jansson.h>

#include "market/statement_totals.h"

json_t *statement_json(const struct statement_view *view);
json_t *statement_line_json(const struct statement_line_view *line);
json_t *statement_total_json(const struct statement_total *total);

#endif

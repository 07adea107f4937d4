/*
 * Writing HTML for printing: texts are escaped, whatever is in them. Pure.
 */
#ifndef LINLI_HTML_H
#define LINLI_HTML_H

#include "base/buffer.h"

/* As an element's text or a quoted attribute's value; NULL writes nothing. */
void html_text(struct buffer *out, const char *text);

#endif

/*
 * QR images. Any thread.
 */
#ifndef LINLI_QR_H
#define LINLI_QR_H

#include "base/arena.h"
#include "base/base.h"

/* An SVG of the text as a QR code, error correction level M, quiet zone of four modules. */
struct text qr_svg(struct arena *arena, const char *text);
/* The same as a PNG, 8 pixels a module: for programs that show no SVG. `letters` stand below it, as
 * many lines as they take; NULL: none. */
struct text qr_png(struct arena *arena, const char *text, const char *letters);

/* The symbol itself, without a quiet zone: side × side modules, row by row, in the arena. */
struct qr_modules {
    int side;
    const bool *dark;
};
struct qr_modules qr_modules(struct arena *arena, const char *text);

#endif

/*
 * Letters as pixels, for what is shown below a QR image. Any thread.
 */
#ifndef LINLI_LETTERS_H
#define LINLI_LETTERS_H

#include "base/arena.h"

/* Lines centred within `width` pixels and wrapped there, black on white: rows of `width` bytes of
 * grey, *height of them, in the arena. */
const uint8_t *letters_paint(struct arena *arena, const char *text, int width, int *height);

#endif

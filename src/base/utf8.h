/*
 * UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. Any thread.
 */
#ifndef LINLI_UTF8_H
#define LINLI_UTF8_H

#include "base/arena.h"
#include "base/base.h"

/*
 * Decodes the character at `data`, of which `left` bytes may be read. Returns how many bytes it
 * takes, 1 to 4; 0 when left is 0 or the bytes are no valid character.
 */
size_t utf8_decode(const char *data, size_t left, uint32_t *character);
/* The largest length <= `length` that does not cut a character in two. */
size_t utf8_cut(const char *data, size_t length);
/* Counts the characters; false when some bytes are not UTF-8. */
bool utf8_count(struct text text, size_t *characters) MUST_CHECK;
/* A code point that is none and never will be: U+FFFE and the like. */
bool utf8_is_no_character(uint32_t character);
/* The text with U+FFFD in place of what is not UTF-8, or is and no character: one such would end
 * cairo's drawing. Itself when it has none, else in the arena. */
const char *utf8_drawable(struct arena *arena, const char *text);
/*
 * What people may be called: one line, of which something can be seen. No control characters, no
 * line separators, nothing that turns the direction of what stands after it on a paper, no code
 * point that is no character; and not blanks alone.
 */
bool utf8_is_name(struct text text) MUST_CHECK;

#endif

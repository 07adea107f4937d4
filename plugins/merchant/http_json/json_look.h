/*
 * Looking into JSON that somebody else wrote: one value by its pointer (RFC 6901), no tree, no
 * memory but the caller's. What is not JSON has no values.
 */
#ifndef HTTP_JSON_LOOK_H
#define HTTP_JSON_LOOK_H

#include <linli/plugin.h>

/* One value, and nothing but space around it. */
bool json_is_sound(struct linli_text json);
/* A string's characters, or a number's or a word's text. Appended to `out`; false: there is no such
 * value, it is no string, number or word, or it does not fit. */
bool json_look(struct linli_text json, struct linli_text pointer, struct linli_room *out);

#endif

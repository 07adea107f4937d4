/*
 * Photos without what the camera wrote into them: place, time, device, thumbnails, comments. The
 * picture itself is copied as it is; of everything around it only what is needed to show it.
 * Pure; any thread. For hostile input.
 */
#ifndef LINLI_PHOTO_H
#define LINLI_PHOTO_H

#include "base/buffer.h"

#define PHOTO_BYTES_MOST (2 * 1024 * 1024)
#define PHOTO_SIDE_MOST  12000 /* pixels */

/*
 * Copies a JPEG (ITU T.81) or a PNG (ISO/IEC 15948) into the empty `clean`. Returns its media type,
 * a literal, or NULL for what is neither, is cut off, or is larger than PHOTO_SIDE_MOST: then
 * `clean` is empty again. What follows the end of the picture is dropped, too.
 */
const char *photo_clean(struct text photo, struct buffer *clean) MUST_CHECK;

#endif

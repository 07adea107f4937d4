/*
 * Everything that is held about a member: the handler of GET /v1/me/export.
 */
#ifndef LINLI_MEMBER_EXPORT_H
#define LINLI_MEMBER_EXPORT_H

#include "api/route.h"

enum answered member_export(struct call *call);

#endif

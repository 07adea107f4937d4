/* Making a host's process: between plugin/host_spawn.c and plugin/host.c. */
#ifndef LINLI_HOST_SPAWN_H
#define LINLI_HOST_SPAWN_H

#include "plugin/host.h"

/* The first message. */
bool host_order(struct host *host, const struct host_plan *plan, struct error *error) MUST_CHECK;
/* Frees what the server has of a process that is no more. */
void host_free(struct host *host);

#endif

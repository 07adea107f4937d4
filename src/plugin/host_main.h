/*
 * A plugin host: the process in which plugins run, and nothing else does. The server starts it as
 * `linli plugin-host` with a channel, a page and the plugins' files as descriptors; see
 * plugin/wire.h for what they say to each other. One thread, from the first line to the last.
 */
#ifndef LINLI_HOST_MAIN_H
#define LINLI_HOST_MAIN_H

#include "plugin/manifest.h"

/* Returns the exit status of the process: 0 when the server hung up. */
int plugin_host_main(void);

/*
 * Reads what the plugin says of itself into `manifest`; texts are copied into `arena`. The
 * catalogue of facts is not looked at: the server does that. False: what is wrong, for its author.
 * `shown` is the struct as this build knows it: what a plugin of an older one lacks is zero.
 */
bool describe_plugin(const struct linli_plugin *plugin, struct linli_plugin *shown,
                     struct arena *arena, struct manifest *manifest,
                     struct error *error) MUST_CHECK;

#endif

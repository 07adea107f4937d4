/* The built-in plugins' files. */
#ifndef LINLI_PLUGIN_FILES_H
#define LINLI_PLUGIN_FILES_H

#include "base/buffer.h"
#include "plugin/plugins.h"

/* Where they are. The caller frees it. */
char *plugin_files_folder(const struct plugin_options *options, const char *program);
/* A file as it is. */
bool plugin_file_load(const char *path, struct buffer *content, struct error *error) MUST_CHECK;
/* Reads the plugin's file, which must be the one that the set was made with. */
bool plugin_file_read(const struct plugin_options *options, const char *program,
                      const struct plugin *plugin, struct buffer *file,
                      struct error *error) MUST_CHECK;
/* The bytes that may run as this plugin: an uploaded one's own, which must be those that were
 * signed by a key that is trusted now; else the installation's, which are read into `file`. */
bool plugin_bytes(const struct plugin_options *options, const char *program,
                  const struct plugin *plugin, struct buffer *file, struct text *bytes,
                  struct error *error) MUST_CHECK;
/* Whether these are the bytes of that hash; all zeros: of any. */
bool plugin_file_is(const uint8_t sha256[32], struct text file);

#endif

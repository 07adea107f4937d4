#include "plugin/plugin_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "plugin/registry.h"

#define PIECE     65536
#define FILE_MOST (64U << 20) /* bytes, debug information included */

static const char *named_or_beside(const char *const *folders, size_t count, const char *program,
                                   char path[PATH_MAX])
{
    struct stat about;
    char real[PATH_MAX], *slash;

    if (!realpath(program, real) || !(slash = strrchr(real, '/')))
        return "";
    *slash = '\0';
    for (size_t i = 0; i < count; i++) {
        int length = snprintf(path, PATH_MAX, "%s/%s", real, folders[i]);
        if (length < PATH_MAX && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
            return path;
    }
    return path;
}

char *plugin_files_beside(const char *program)
{
    static const char *const folders[] = {"plugins", "../lib/linli/plugins"};
    char path[PATH_MAX] = "", *copy;
    const char *found = named_or_beside(folders, ARRAY_LENGTH(folders), program, path);
    size_t size = strlen(found) + 1;

    copy = memory_new(size);
    memcpy(copy, found, size);
    return copy;
}

bool plugin_file_load(const char *path, struct buffer *content, struct error *error)
{
    FILE *file = fopen(path, "rbe");
    char piece[PIECE];
    size_t length;

    if (!file)
        return error_set(error, "plugin.file", "%s: %s", path, strerror(errno));
    while (content->length <= FILE_MOST && (length = fread(piece, 1, sizeof piece, file)) > 0)
        buffer_add(content, piece, length);
    bool fine = !ferror(file);
    fclose(file);
    if (content->length > FILE_MOST) /* a device has no end */
        return error_set(error, "plugin.file", "%s: too large for a plugin: strip it (strip -s)",
                         path);
    return fine || error_set(error, "plugin.file", "%s: cannot be read", path);
}

char *plugin_files_folder(const struct plugin_options *options, const char *program)
{
    size_t size = strlen(options->directory) + 1;
    char *folder;

    if (size == 1)
        return plugin_files_beside(program);
    folder = memory_new(size);
    memcpy(folder, options->directory, size);
    return folder;
}

bool plugin_file_is(const uint8_t sha256[HASH_SIZE], struct text file)
{
    static const uint8_t any[HASH_SIZE];
    uint8_t hash[HASH_SIZE];

    crypto_sha256(file.data, file.length, hash);
    return memcmp(sha256, any, HASH_SIZE) == 0 || memcmp(sha256, hash, HASH_SIZE) == 0;
}

bool plugin_file_read(const struct plugin_options *options, const char *program,
                      const struct plugin *plugin, struct buffer *file, struct error *error)
{
    char *folder = plugin_files_folder(options, program);
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s.so", folder, plugin->manifest->name);
    free(folder);
    if (!plugin_file_load(path, file, error))
        return false;
    if (plugin_file_is(plugin->sha256, (struct text){file->data, file->length}))
        return true;
    return error_set(error, "plugin.other_file",
                     "%s is not the file that the database knows: another version of Linli is"
                     " installed here; restart this server with it",
                     path);
}

/* An uploaded file must be the bytes that were signed, by a key that is trusted now. */
static bool may_run(const struct plugin_options *options, const struct plugin *plugin,
                    struct error *error)
{
    if (!plugin_file_is(plugin->sha256, plugin->image))
        return error_set(error, "plugin.other_file",
                         "what the database has are not the bytes that were uploaded: upload it"
                         " again");
    if (plugin->is_signed)
        return plugin_signature_holds(options->trusted_keys, plugin->image, plugin->signer,
                                      plugin->signature, error);
    return options->allow_unsigned ||
           error_set(error, "plugin.unsigned",
                     "it is not signed, and plugins.allow_unsigned is off");
}

bool plugin_bytes(const struct plugin_options *options, const char *program,
                  const struct plugin *plugin, struct buffer *file, struct text *bytes,
                  struct error *error)
{
    *bytes = plugin->image;
    if (plugin->image.length > 0)
        return may_run(options, plugin, error);
    if (!plugin_file_read(options, program, plugin, file, error))
        return false;
    *bytes = (struct text){file->data, file->length};
    return true;
}

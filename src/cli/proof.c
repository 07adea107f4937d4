#include "cli/proof.h"

#include <errno.h>
#include <string.h>

json_t *proof_read(const char *path, struct error *error)
{
    json_error_t fault;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);

    if (!json && fault.line > 0)
        error_set(error, "proof.file", "%s:%d: %s", path, fault.line, fault.text);
    else if (!json)
        error_set(error, "proof.file", "%s", fault.text);
    return json;
}

bool proof_read_checkpoint(const char *path, struct arena *arena, struct checkpoint *checkpoint,
                           struct error *error)
{
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    json_t *json = proof_read(path, error);

    if (!json)
        return false;
    bool good = checkpoint_from_json(json, arena, checkpoint, public_key, error);
    json_decref(json);
    if (!good)
        return error_set(error, error->code, "%s: %s", path, error->detail);
    return checkpoint_is_signed(checkpoint, public_key) ||
           error_set(error, "proof.signature", "%s: its signature is not of its heads", path);
}

static bool dump(const json_t *json, FILE *file)
{
    return json_dumpf(json, file, JSON_INDENT(2)) == 0 && fputc('\n', file) != EOF &&
           fflush(file) == 0;
}

bool proof_write(const json_t *json, const char *path, struct error *error)
{
    FILE *file = path ? fopen(path, "w") : stdout;

    if (!file)
        return error_set(error, "proof.file", "%s: %s", path, strerror(errno));
    bool written = dump(json, file);
    if (path && fclose(file) != 0)
        written = false;
    return written || error_set(error, "proof.file", "%s: %s", path ? path : "standard output",
                                strerror(errno));
}

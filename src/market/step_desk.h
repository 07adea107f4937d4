/*
 * How the market reaches merchants' plugins: a table of functions, so that whoever tests what comes
 * before and after needs no hosts. step_desk_of is the real one, over plugin/plugins.h.
 */
#ifndef LINLI_STEP_DESK_H
#define LINLI_STEP_DESK_H

#include <jansson.h>
#include <linli/plugin.h>

#include "plugin/manifest.h"
#include "store/find.h"

struct step_ask {
    const char *plugin;
    struct linli_step_question question;
    struct linli_value *facts; /* in the order of the manifest's */
    struct arena *arena;       /* of what is answered */
    /* Filled: */
    struct linli_step step;
    const char *fault; /* why there is no answer: a literal; NULL: there is */
};

struct step_desk {
    void *context;
    /* The merchant plugin of that name that is enforced. Texts are copied to `arena`. */
    bool (*find)(void *context, const char *name, struct arena *arena, struct manifest *manifest);
    /* Values of the plugin's settings in their order: a merchant's own (a JSON object, may be NULL)
     * over the plugin's. False: `error` names the setting. */
    bool (*values)(void *context, const char *name, const json_t *own, struct arena *arena,
                   struct linli_value **values, size_t *count, struct error *error);
    void (*ask)(void *context, struct step_ask *asks, size_t count);
};

struct plugins;
struct step_desk step_desk_of(struct plugins *plugins);

#endif

/* The room's settings, metrics and names. */
#include "plugin/plugin_figures.h"

#define OPTION(member) offsetof(struct plugin_options, member)

/* clang-format off */
const struct config_entry plugin_config[] = {
    {"plugins.directory", CONFIG_TEXT, OPTION(directory), "",
     .help = "where the built-in plugins' files are; empty: where this program was installed"},
    {"plugins.trusted_keys", CONFIG_TEXT, OPTION(trusted_keys), "",
     .help = "Ed25519 public keys in hex whose signatures on plugins count, separated by commas"},
    {"plugins.allow_unsigned", CONFIG_BOOL, OPTION(allow_unsigned), "no",
     .help = "takes plugins without a signature: for their authors, not for members' points"},
    {"plugins.deadline", CONFIG_DURATION, OPTION(deadline_us), "250ms", .min = 1000, .max = 60 * SECOND_US,
     .help = "how long plugins of a host may take for one message, which holds a whole batch"},
    {"plugins.start_deadline", CONFIG_DURATION, OPTION(start_us), "5s", .min = 10000, .max = 60 * SECOND_US,
     .help = "how long a host may take to load and start its plugins"},
    {"plugins.memory", CONFIG_SIZE, OPTION(memory), "64M", .min = 4 << 20, .max = INT64_C(4) << 30,
     .help = "memory that the plugins of one host may have"},
    {"plugins.recycle", CONFIG_INT, OPTION(recycle), "1000000", .min = 1,
     .help = "answers after which a host is replaced by a fresh one"},
    {0},
};

enum { QUESTIONS = 0, FAULTS = QUESTIONS + PLUGIN_STEP, MESSAGES = FAULTS + FAULT_NOT_THERE,
       SPAWNS, RELOADS, RELOADS_REFUSED, QUARANTINES, SET, REVISION, FIGURES };

#define QUESTION(kind) \
    {"linli_plugin_questions_total", "Questions to plugins", METRIC_COUNTER, "operation=\"" kind "\""}
#define FAULT(kind) \
    {"linli_plugin_faults_total", "Questions that a plugin did not answer", METRIC_COUNTER, \
     "fault=\"" kind "\""}

struct metric plugin_metrics[] = {
    QUESTION("check"), QUESTION("award"), QUESTION("rate"), QUESTION("step"),
    FAULT("crashed"), FAULT("exited"), FAULT("overran"), FAULT("forbidden"), FAULT("nonsense"),
    FAULT("memory"), FAULT("not_there"),
    {"linli_plugin_message_seconds", "One message to a plugin host and its answer", METRIC_HISTOGRAM},
    {"linli_plugin_spawn_seconds", "Making the process of a plugin host", METRIC_HISTOGRAM},
    {"linli_plugin_reloads_total", "Changes of the set of plugins", METRIC_COUNTER, "result=\"done\""},
    {"linli_plugin_reloads_total", "Changes of the set of plugins", METRIC_COUNTER, "result=\"refused\""},
    {"linli_plugin_quarantines_total", "Plugins that this server has quarantined", METRIC_COUNTER},
    {"linli_plugin_set_size", "Plugins in force or in shadow", METRIC_GAUGE},
    {"linli_plugin_set_revision", "Revision of the set in force on this server", METRIC_GAUGE},
};
/* clang-format on */
const size_t plugin_metrics_count = ARRAY_LENGTH(plugin_metrics);
_Static_assert(ARRAY_LENGTH(plugin_metrics) == FIGURES, "the enum names them in order");

void figures_spawned(int64_t took_us)
{
    metric_observe_us(&plugin_metrics[SPAWNS], took_us);
}

void figures_message(int64_t took_us)
{
    metric_observe_us(&plugin_metrics[MESSAGES], took_us);
}

void figures_questions(enum plugin_operation operation, size_t count)
{
    metric_add(&plugin_metrics[QUESTIONS + (int)operation - PLUGIN_CHECK], (int64_t)count);
}

void figures_fault(enum plugin_fault fault)
{
    metric_add(&plugin_metrics[FAULTS + (int)fault - FAULT_CRASHED], 1);
}

void figures_set(uint64_t revision, size_t plugins)
{
    metric_set(&plugin_metrics[SET], (int64_t)plugins);
    metric_set(&plugin_metrics[REVISION], (int64_t)revision);
}

void figures_reloaded(bool fine)
{
    metric_add(&plugin_metrics[fine ? RELOADS : RELOADS_REFUSED], 1);
}

void figures_quarantined(void)
{
    metric_add(&plugin_metrics[QUARANTINES], 1);
}

const char *plugin_fault_name(enum plugin_fault fault)
{
    static const char *const names[] = {
        [FAULT_NONE] = "none",       [FAULT_CRASHED] = "crashed",     [FAULT_EXITED] = "exited",
        [FAULT_OVERRAN] = "overran", [FAULT_FORBIDDEN] = "forbidden", [FAULT_NONSENSE] = "nonsense",
        [FAULT_MEMORY] = "memory",   [FAULT_NOT_THERE] = "not_there", [FAULT_NO_FACTS] = "no_facts",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)fault);
}

const char *plugin_kind_name(enum linli_kind kind)
{
    static const char *const names[] = {
        [LINLI_MERCHANT] = "merchant", [LINLI_AUDIT] = "audit", [LINLI_ASSESSMENT] = "assessment"};

    return name_from(names, ARRAY_LENGTH(names), kind);
}

const char *plugin_mode_name(enum plugin_mode mode)
{
    static const char *const names[] = {[PLUGIN_OFF] = "off",
                                        [PLUGIN_SHADOW] = "shadow",
                                        [PLUGIN_ENFORCED] = "enforced",
                                        [PLUGIN_QUARANTINED] = "quarantined"};

    return name_from(names, ARRAY_LENGTH(names), mode);
}

const char *plugin_effect_name(enum plugin_effect effect)
{
    static const char *const names[] = {[EFFECT_PASS] = "pass",
                                        [EFFECT_MARK] = "mark",
                                        [EFFECT_HOLD] = "hold",
                                        [EFFECT_DENY] = "deny"};

    return name_from(names, ARRAY_LENGTH(names), effect);
}

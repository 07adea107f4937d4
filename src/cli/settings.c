#include "cli/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define OPTION(member) offsetof(struct process_options, member)

/* clang-format off */
const struct config_entry process_config[] = {
    {"port", CONFIG_TEXT, OPTION(port), "",
     .help = "replaces the port of http.listen; 0: any free one"},
    {"demo", CONFIG_CHOICE, OPTION(demo), "none", .choices = "none|small|district",
     .help = "loads fictional data into an empty database and allows demo sign-ins"},
    {"demo_scale", CONFIG_INT, OPTION(demo_scale), "100", .min = 5, .max = 100,
     .help = "percent of the district demo's members, activities and redemptions"},
    {"log.level", CONFIG_CHOICE, OPTION(log_level), "info", .choices = "debug|info|warn|error", .reloadable = true,
     .help = "the least level that is logged"},
    {"log.format", CONFIG_CHOICE, OPTION(log_format), "auto", .choices = "auto|json|people", .reloadable = true,
     .help = "JSON lines or people's format; auto: people's when stderr is a terminal"},
    {0},
};
/* clang-format on */

/* The length of "host:" in an address, brackets of IPv6 included. */
static size_t host_length(const char *listen)
{
    const char *colon = strrchr(listen, ':');

    return colon ? (size_t)(colon - listen) + 1 : 0;
}

static bool replace_port(struct settings *settings, struct error *error)
{
    const char *port = settings->process.port;
    size_t host = host_length(settings->http.listen), size = host + strlen(port) + 1;
    char *listen;

    if (strlen(port) > 5 || strspn(port, "0123456789") < strlen(port) ||
        strtol(port, NULL, 10) > 65535)
        return error_set(error, "config.bad_value", "port is '%s', not 0..65535", port);
    listen = memory_new(size); /* lives as long as the process, as every configured text does */
    snprintf(listen, size, "%.*s%s", (int)host, settings->http.listen, port);
    settings->http.listen = listen;
    return true;
}

bool settings_settle(struct settings *settings, struct error *error)
{
    log_configure((enum log_level)settings->process.log_level,
                  (enum log_format)settings->process.log_format);
    return (!*settings->process.port || replace_port(settings, error)) &&
           outbox_options_check(&settings->outbox, error);
}

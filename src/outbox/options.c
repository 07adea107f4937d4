#include "outbox/addresses.h"
#include "outbox/caller.h"

#include <string.h>

#define OPTION(field) offsetof(struct outbox_options, field)

const struct config_entry outbox_config[] = {
    {.name = "outbox.timeout",
     .type = CONFIG_DURATION,
     .offset = OPTION(timeout_us),
     .initial = "10s",
     .min = 100000,
     .max = MINUTE_US,
     .help = "a call to a merchant, in all; afterwards what became of it is asked for"},
    {.name = "outbox.connect_timeout",
     .type = CONFIG_DURATION,
     .offset = OPTION(connect_timeout_us),
     .initial = "5s",
     .min = 100000,
     .max = MINUTE_US,
     .help = "the connection and TLS of a call to a merchant"},
    {.name = "outbox.at_once",
     .type = CONFIG_INT,
     .offset = OPTION(at_once),
     .initial = "64",
     .min = 1,
     .max = 1024,
     .help = "operations on merchants in hand at one time"},
    {.name = "outbox.at_once_merchant",
     .type = CONFIG_INT,
     .offset = OPTION(at_once_merchant),
     .initial = "8",
     .min = 1,
     .max = 1024,
     .help = "of them, of one merchant"},
    {.name = "outbox.decide_after",
     .type = CONFIG_DURATION,
     .offset = OPTION(decide_us),
     .initial = "10m",
     .min = SECOND_US,
     .max = DAY_US,
     .help = "how long a member waits for a merchant before a last query decides; no answer: "
             "the points stay held and an administrator decides"},
    {.name = "outbox.tell_for",
     .type = CONFIG_DURATION,
     .offset = OPTION(tell_us),
     .initial = "1d",
     .min = SECOND_US,
     .max = 30 * DAY_US,
     .help = "how long a merchant is told what it did not hear of (confirmations, refunds)"},
    {.name = "outbox.poll",
     .type = CONFIG_DURATION,
     .offset = OPTION(poll_us),
     .initial = "100ms",
     .min = 10000,
     .max = MINUTE_US,
     .help = "how often the outbox is looked at"},
    {.name = "outbox.private_hosts",
     .type = CONFIG_TEXT,
     .offset = OPTION(private_hosts),
     .initial = "",
     .help = "hosts (host or host:port, separated by spaces) that calls may reach on private "
             "addresses; everything else must be on the open internet"},
    {.name = "outbox.ca_file",
     .type = CONFIG_TEXT,
     .offset = OPTION(ca_file),
     .initial = "",
     .help =
         "authorities (PEM) that merchants' certificates are checked with; empty: the system's"},
    {0},
};

bool outbox_options_check(const struct outbox_options *options, struct error *error)
{
    const char *hosts = options->private_hosts;
    struct text wrong;

    return hosts[0] == '\0' || host_list_is_valid((struct text){hosts, strlen(hosts)}, &wrong) ||
           error_set(error, "config.bad_value",
                     "outbox.private_hosts: '%.*s' is no host and no host:port (1..65535)",
                     TEXT_ARGS(wrong));
}

/*
 * Every setting of the process: the options of each room, filled from one table (base/config.h).
 */
#ifndef LINLI_SETTINGS_H
#define LINLI_SETTINGS_H

#include "api/heads.h"
#include "api/query_pool.h"
#include "http/server.h"
#include "ledger/judge.h"
#include "ledger/teller.h"
#include "outbox/caller.h"
#include "people/keyring.h"
#include "people/programme.h"
#include "people/sign_in.h"
#include "plugin/plugins.h"
#include "service/award_policy.h"
#include "store/db.h"
#include "store/embedded.h"

enum { DEMO_NONE, DEMO_SMALL, DEMO_DISTRICT };

struct process_options {
    char *port;         /* "": that of http.listen */
    int demo;           /* DEMO_… */
    int64_t demo_scale; /* percent, of DEMO_DISTRICT */
    int log_level, log_format;
};
extern const struct config_entry process_config[];

struct settings {
    struct process_options process;
    struct http_options http;
    struct db_options db;
    struct embedded_options embedded;
    struct keyring_options keyring;
    struct teller_options teller;
    struct query_options query;
    struct heads_options heads;
    struct programme_options programme;
    struct outbox_options outbox;
    struct sign_in_options sign_in;
    struct sms_options sms;
    struct award_options award;
    struct plugin_options plugins;
    struct review_options review;
};

/* What no table can say: after every load. Puts `port` into http.listen. */
bool settings_settle(struct settings *settings, struct error *error) MUST_CHECK;

#endif

/*
 * database.url taken apart: mysql://user:password@host:port/name?socket=/path
 */
#ifndef LINLI_DB_URL_H
#define LINLI_DB_URL_H

#include "base/base.h"

/* Texts are "" when absent and live in `memory`. */
struct db_url {
    char *memory;
    char *user, *password, *host, *name, *socket;
    unsigned port; /* 0: the default, 3306 */
};

/* Percent-encoding is undone everywhere. The error never shows the URL: it holds a password. */
bool db_url_parse(const char *url, struct db_url *parsed, struct error *error) MUST_CHECK;
/* Wipes and frees; safe on a zeroed struct. */
void db_url_free(struct db_url *parsed);

#endif

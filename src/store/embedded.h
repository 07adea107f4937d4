/*
 * The embedded default: a private mariadbd under the state directory, started, adopted, watched,
 * restarted and stopped by Linli. UNIX socket only, directory 0700. See DESIGN.md section 2.
 */
#ifndef LINLI_EMBEDDED_H
#define LINLI_EMBEDDED_H

#include "base/base.h"
#include "base/config.h"

struct embedded;

struct embedded_options {
    char *state_dir;     /* database in <state_dir>/db */
    char *server;        /* path of mariadbd; "" searches the usual places */
    int64_t buffer_pool; /* bytes */
};
extern const struct config_entry embedded_config[];

/*
 * Makes the data directory if there is none, adopts a server that already answers on the socket,
 * else starts one under a lock file; waits until it answers. A watcher thread restarts it when it
 * dies. Many processes may hold it at once (shared lock): the last one to release it stops it.
 * `url` for struct db_options is owned by the embedded.
 */
struct embedded *embedded_start(const struct embedded_options *options, struct error *error);
/* The mariadbd that would be started, malloc'ed; NULL when there is none. */
char *embedded_find_server(const struct embedded_options *options, struct error *error);
/* Fewer than these files open at once, and mariadbd fails in ways that do not say so. */
#define EMBEDDED_FILES_LEAST 256
/* Whether state_dir has a database already; nothing is started or made. */
bool embedded_is_made(const struct embedded_options *options) MUST_CHECK;
const char *embedded_url(const struct embedded *embedded);
/* Releases; stops mariadbd when nobody else holds it. Blocks until it is down. */
void embedded_stop(struct embedded *embedded);

#endif

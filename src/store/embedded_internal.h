/*
 * What the embedded_*.c files share. On disk, below state_dir:
 *
 *   db/         owned by the database's account, 0700: all security hangs on this directory
 *     data/     its data directory; data.new while it is being made
 *     tmp/  socket  pid
 *   db.log      what mariadbd says
 *   db.lock     held exclusively by whoever starts or stops a server
 *   db.holders  held shared by every process that uses it
 *
 * mariadbd inherits db/ as descriptor 3, locked, and reaches everything through
 * /proc/self/fd/3: so its account need not be able to walk the path (a clone under /root), the
 * path may be of any length, and whether any mariadbd lives is asked of the kernel: the lock goes
 * when it does, however it dies.
 */
#ifndef LINLI_EMBEDDED_INTERNAL_H
#define LINLI_EMBEDDED_INTERNAL_H

#include <pthread.h>

#include "store/embedded.h"

struct embedded {
    char *state_dir; /* absolute */
    char *program;   /* mariadbd */
    char *account;   /* --user; NULL unless root */
    int64_t buffer_pool;
    int directory; /* db/ */
    int lock, holders;
    char socket[108]; /* short enough for a socket address */
    char *url;

    int server; /* pidfd of the living mariadbd */
    int wake;   /* eventfd: the watcher shall end */
    pthread_t watcher;
    bool watching;
};

/* embedded_place.c: makes and opens what lies below state_dir, finds program and account. */
bool place_prepare(struct embedded *embedded, const struct embedded_options *options,
                   struct error *error) MUST_CHECK;
void place_release(struct embedded *embedded);
/* Deletes a file or a whole directory below db/. */
void place_remove(const struct embedded *embedded, const char *name);

/* embedded_server.c, with db.lock held. */
/* Adopts a server that answers, or starts one and waits until it does. Fills embedded->server. */
bool server_ensure(struct embedded *embedded, struct error *error) MUST_CHECK;
/* Asks it to end and waits until it has. */
void server_stop(struct embedded *embedded);
/* Forgets one that has ended; a child is reaped. */
void server_forget(struct embedded *embedded);

#endif

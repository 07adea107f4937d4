/*
 * What the embedded_*.c files share. On disk, below state_dir:
 *
 *   db/         owned by the database's account, 0700: all security hangs on this directory
 *     data/     its data directory; data.new while it is being made
 *     tmp/  socket  pid
 *   db.log      what mariadbd says; db.log.1 is what it said before
 *   db.lock     held exclusively by whoever starts or stops a server
 *   db.holders  held shared by every process that uses it
 *
 * mariadbd inherits db/ as descriptor 3, locked: whether any mariadbd lives here is so asked of the
 * kernel, as the lock goes when it does, however it dies. And where its account cannot walk the
 * path (a clone under /root) or the path is too long for a socket, it goes through /proc/self/fd/3.
 * InnoDB does not mind; Aria, of which temporary tables are made, insists on real paths, so that
 * they are then kept in /tmp/linli-db-*, a directory of the account's own.
 */
#ifndef LINLI_EMBEDDED_INTERNAL_H
#define LINLI_EMBEDDED_INTERNAL_H

#include <pthread.h>

#include "store/embedded.h"

struct embedded {
    char *state_dir;  /* absolute */
    char *base;       /* db/ as mariadbd names it */
    char *tmp;        /* where it keeps temporary files */
    bool tmp_outside; /* of db/ */
    char *program;    /* mariadbd */
    char *account;    /* --user; NULL unless root */
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

#define PLACE_FD 3 /* db/ in mariadbd */

/* embedded_place.c: makes and opens what lies below state_dir, finds program and account. */
bool place_prepare(struct embedded *embedded, const struct embedded_options *options,
                   struct error *error) MUST_CHECK;
void place_release(struct embedded *embedded);
/* Deletes what a bootstrap that was killed left, or what lies outside of state_dir. */
void place_remove_unfinished(const struct embedded *embedded);
void place_remove_tmp(const struct embedded *embedded);

/* embedded_log.c: db.log for mariadbd to write to, appending; -1: it cannot be opened. */
int log_open(const struct embedded *embedded);
/* Moves what is in db.log to db.log.1 when it is more than LOG_MOST. With db.lock held. */
#define LOG_MOST (16 * 1024 * 1024)
void log_rotate(const struct embedded *embedded);

/* embedded_server.c, with db.lock held. */
/* Adopts a server that answers, or starts one and waits until it does. Fills embedded->server. */
bool server_ensure(struct embedded *embedded, struct error *error) MUST_CHECK;
/* Asks it to end and waits until it has. */
void server_stop(struct embedded *embedded);
/* Forgets one that has ended; a child is reaped. */
void server_forget(struct embedded *embedded);

#endif

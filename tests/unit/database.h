/*
 * A real MariaDB for one test program: the embedded server in a directory of its own, gone when
 * the program ends, however it ends. Start it first thing (it forks), before any thread.
 *
 *   static struct database database;
 *   static int set_up(void **state) { return database_start(&database, state); }
 *   static int tear_down(void **state) { return database_stop(&database, state); }
 *   …
 *   return cmocka_run_group_tests(tests, set_up, tear_down);
 */
#ifndef LINLI_UNIT_DATABASE_H
#define LINLI_UNIT_DATABASE_H

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "store/db.h"
#include "store/embedded.h"

struct database {
    char state_dir[64];
    struct embedded *embedded;
    struct db_options options;
    pid_t guardian;
    int leash; /* while it is open the guardian sleeps */
};

static inline int database_remove_one(const char *path, const struct stat *about, int type,
                                      struct FTW *where)
{
    (void)about, (void)type, (void)where;
    return remove(path);
}

static inline void database_remove(const char *state_dir)
{
    nftw(state_dir, database_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The process id of the mariadbd of `state_dir`, or 0. */
static inline pid_t database_pid(const char *state_dir)
{
    char path[128];
    int pid = 0;

    snprintf(path, sizeof(path), "%s/db/pid", state_dir);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (fscanf(file, "%d", &pid) != 1)
        pid = 0;
    fclose(file);
    return pid;
}

/* Sleeps until the test program has ended; if it crashed, clears away what it left behind. */
static inline void database_guard(const char *state_dir, int leash)
{
    char byte;

    setsid();
    while (read(leash, &byte, 1) > 0)
        ;
    pid_t server = access(state_dir, F_OK) == 0 ? database_pid(state_dir) : 0;
    if (server > 0)
        kill(server, SIGKILL);
    database_remove(state_dir);
    _exit(0);
}

/* A new state directory, watched over by a guardian. */
static inline void database_directory(struct database *database)
{
    int ends[2];

    *database = (struct database){.state_dir = "/tmp/linli-test-XXXXXX"};
    crypto_start();
    log_configure(LOG_ERROR, LOG_AUTO);
    if (!mkdtemp(database->state_dir) || chmod(database->state_dir, 0711) != 0 ||
        pipe2(ends, O_CLOEXEC) != 0)
        abort();
    database->guardian = fork();
    if (database->guardian == 0) {
        close(ends[1]);
        database_guard(database->state_dir, ends[0]);
    }
    close(ends[0]);
    database->leash = ends[1];
}

static inline void database_clear(struct database *database)
{
    close(database->leash);
    waitpid(database->guardian, NULL, 0);
}

static inline int database_start(struct database *database, void **state)
{
    struct error error = {0};

    (void)state;
    database_directory(database);
    struct embedded_options options = {
        .state_dir = database->state_dir, .server = NULL, .buffer_pool = 64 * 1024 * 1024};
    database->embedded = embedded_start(&options, &error);
    if (!database->embedded) {
        fprintf(stderr, "%s: %s\n", error.code, error.detail);
        return -1;
    }
    database->options.url = (char *)(uintptr_t)embedded_url(database->embedded);
    database->options.connect_timeout_us = 5 * SECOND_US;
    database->options.io_timeout_us = 60 * SECOND_US;
    return 0;
}

static inline int database_stop(struct database *database, void **state)
{
    (void)state;
    embedded_stop(database->embedded);
    database_clear(database);
    return 0;
}

#endif

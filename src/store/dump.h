/*
 * Dump and load: every row of the database as SQL text, and back into an empty one.
 *
 * A dump is one INSERT statement a line, values as numbers and hexadecimal, so that no line breaks
 * and no character set can spoil it; the tables themselves are made by the migrations that the dump
 * was made under. The table `migrations` is no part of it.
 *
 * Why not mariadb-dump: what a backup says of itself (the ledger's heads, how many rows) must be of
 * the same snapshot as its rows, and a server that brings its own database should not need a
 * client's package to save it.
 */
#ifndef LINLI_DUMP_H
#define LINLI_DUMP_H

#include "store/db.h"

struct dump_table {
    char *name;
    uint64_t estimate; /* of its rows, by the database's statistics: for progress */
};
/* By name, into an array from the arena. */
bool dump_list(struct db *db, struct arena *arena, struct dump_table **tables, size_t *count,
               struct error *error) MUST_CHECK;

struct dump_sink {
    bool (*write)(void *context, struct text text, struct error *error);
    void (*progress)(void *context, uint64_t rows); /* of this table so far */
    void *context;
};
/* Writes one table, streamed; counts its rows. In the caller's snapshot (db_begin_snapshot), so
 * that all tables are of one moment. A column of a type that dumps do not know is an error. */
bool dump_table(struct db *db, const char *table, const struct dump_sink *sink, uint64_t *rows,
                struct error *error) MUST_CHECK;

/* --- Loading ---------------------------------------------------------------------------------- */

enum load_state { LOAD_EMPTY, LOAD_IN_USE, LOAD_UNFINISHED };
/* What is there: no table; tables; or what an interrupted load left, and what it was told to note
 * (in the arena). */
bool load_look(struct db *db, struct arena *arena, enum load_state *state, char **note,
               struct error *error) MUST_CHECK;
/* Marks the database as being loaded, before anything else is made in it: until load_end no server
 * serves it. `note`: what is loaded, for whoever finds it unfinished; 200 bytes at most. */
bool load_begin(struct db *db, const char *note, struct error *error) MUST_CHECK;
/* Removes every row that migrations have put into a table. */
bool load_clear_table(struct db *db, const char *table, struct error *error) MUST_CHECK;
/* One line of that table's dump. Anything but an INSERT into it is refused. */
bool load_line(struct db *db, const char *table, struct text line, struct error *error) MUST_CHECK;
bool load_count(struct db *db, const char *table, uint64_t *rows, struct error *error) MUST_CHECK;
bool load_end(struct db *db, struct error *error) MUST_CHECK;
/* Drops every table, the mark last. Only of a database that is marked: else nothing happens. */
bool load_undo(struct db *db, struct error *error) MUST_CHECK;
/* "store.unfinished" when the database is marked: for whoever would serve it. */
bool load_refuse_unfinished(struct db *db, struct error *error) MUST_CHECK;

#endif

/*
 * A part of a backup: one table's dump, a gzip file of lines (`zcat` shows it). Readable by its
 * owner only. Errors name the file.
 */
#ifndef LINLI_CLI_BACKUP_PART_H
#define LINLI_CLI_BACKUP_PART_H

#include "base/buffer.h"
#include "base/crypto.h"

struct part_writer;
struct part_writer *part_create(const char *path, struct error *error); /* NULL: it was there */
bool part_write(struct part_writer *part, struct text text, struct error *error) MUST_CHECK;
/* Ends it, durable when true. Frees the writer in any case. */
bool part_finish(struct part_writer *part, struct error *error) MUST_CHECK;

/* How long a file is and what its bytes hash to. */
bool part_measure(const char *path, uint64_t *bytes, uint8_t sha256[HASH_SIZE],
                  struct error *error) MUST_CHECK;

struct part_reader;
struct part_reader *part_open(const char *path, struct error *error); /* NULL: failed */
enum part_read { PART_LINE, PART_END, PART_FAILED };
/* The next line, without its end; it lives until the next call. */
enum part_read part_next(struct part_reader *part, struct text *line, struct error *error);
void part_close(struct part_reader *part);

#endif

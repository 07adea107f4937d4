#include "cli/backup_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define LINE_MOST (256 * 1024 * 1024) /* one row: a photo, twice its size as hexadecimal */
#define PIECE     (64 * 1024)

static bool fail(struct error *error, const char *path, const char *why)
{
    return error_set(error, "backup.file", "%s: %s", path, why);
}

/* --- Writing ---------------------------------------------------------------------------------- */

struct part_writer {
    char *path;
    int file; /* ours: the stream has a copy, and closes that before it could be flushed */
    gzFile stream;
};

struct part_writer *part_create(const char *path, struct error *error)
{
    struct part_writer *part = memory_new(sizeof(*part));

    part->path = strdup(path);
    ASSERT(part->path != NULL);
    part->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    /* Level 1: twice as fast as the usual 6; what is sealed or hashed gets no smaller anyhow. */
    part->stream = part->file < 0 ? NULL : gzdopen(dup(part->file), "wb1");
    if (part->stream)
        return part;
    fail(error, path, strerror(errno));
    if (part->file >= 0)
        close(part->file);
    free(part->path);
    free(part);
    return NULL;
}

bool part_write(struct part_writer *part, struct text text, struct error *error)
{
    ASSERT(text.length > 0 && text.length <= LINE_MOST);
    return gzwrite(part->stream, text.data, (unsigned)text.length) == (int)text.length ||
           fail(error, part->path, "cannot be written: is the disk full?");
}

bool part_finish(struct part_writer *part, struct error *error)
{
    bool written = gzclose(part->stream) == Z_OK;

    written = fsync(part->file) == 0 && written;
    written = close(part->file) == 0 && written;
    if (!written)
        fail(error, part->path, "cannot be written: is the disk full?");
    free(part->path);
    free(part);
    return written;
}

/* --- Measuring -------------------------------------------------------------------------------- */

static bool hash_file(int file, uint64_t bytes, uint8_t sha256[HASH_SIZE])
{
    void *mapped;

    if (bytes == 0) {
        crypto_sha256("", 0, sha256);
        return true;
    }
    mapped = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file, 0);
    if (mapped == MAP_FAILED)
        return false;
    crypto_sha256(mapped, bytes, sha256);
    munmap(mapped, bytes);
    return true;
}

bool part_measure(const char *path, uint64_t *bytes, uint8_t sha256[HASH_SIZE], struct error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;

    if (file < 0)
        return fail(error, path, strerror(errno));
    bool good = fstat(file, &about) == 0 && S_ISREG(about.st_mode) &&
                hash_file(file, (uint64_t)about.st_size, sha256);
    close(file);
    if (!good)
        return fail(error, path, "cannot be read");
    *bytes = (uint64_t)about.st_size;
    return true;
}

/* --- Reading ---------------------------------------------------------------------------------- */

struct part_reader {
    char *path;
    gzFile stream;
    char *line;
    size_t capacity;
};

struct part_reader *part_open(const char *path, struct error *error)
{
    gzFile stream = gzopen(path, "rbe");

    if (!stream) {
        fail(error, path, strerror(errno));
        return NULL;
    }
    struct part_reader *part = memory_new(sizeof(*part));
    part->path = strdup(path);
    ASSERT(part->path != NULL);
    part->stream = stream;
    gzbuffer(stream, 2 * PIECE);
    return part;
}

enum part_read part_next(struct part_reader *part, struct text *line, struct error *error)
{
    size_t length = 0;

    do {
        if (part->capacity - length < PIECE && part->capacity < LINE_MOST) {
            part->capacity = part->capacity ? 2 * part->capacity : 2 * PIECE;
            part->line = memory_resize(part->line, part->capacity, 1);
        }
        if (part->capacity - length < 2 ||
            !gzgets(part->stream, part->line + length, (int)(part->capacity - length)))
            break;
        length += strlen(part->line + length);
    } while (part->line[length - 1] != '\n');
    if (length == 0 && gzeof(part->stream))
        return PART_END;
    if (length == 0 || part->line[length - 1] != '\n') {
        fail(error, part->path, "is cut off or spoilt");
        return PART_FAILED;
    }
    *line = (struct text){part->line, length - 1};
    return PART_LINE;
}

void part_close(struct part_reader *part)
{
    gzclose(part->stream);
    free(part->line);
    free(part->path);
    free(part);
}

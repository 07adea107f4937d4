#include "base/csv_read.h"

#include <string.h>

void csv_open(struct csv_reader *reader, struct text text, struct arena *arena)
{
    bool has_mark = text.length >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0;

    *reader =
        (struct csv_reader){.text = text, .at = has_mark ? 3 : 0, .next_line = 1, .arena = arena};
}

static bool at_end(const struct csv_reader *reader)
{
    return reader->at == reader->text.length;
}

static char here(const struct csv_reader *reader)
{
    return reader->text.data[reader->at];
}

static bool at_line_end(const struct csv_reader *reader)
{
    return at_end(reader) || here(reader) == '\n' || here(reader) == '\r';
}

static void pass_line_end(struct csv_reader *reader)
{
    if (!at_end(reader) && here(reader) == '\r')
        reader->at++;
    if (!at_end(reader) && here(reader) == '\n')
        reader->at++;
    reader->next_line++;
}

/* "" inside a quoted cell is one quote. */
static struct text take_apart(struct csv_reader *reader, struct text quoted)
{
    char *plain = arena_take(reader->arena, quoted.length + 1);
    size_t length = 0;

    for (size_t i = 0; i < quoted.length; i++) {
        plain[length++] = quoted.data[i];
        if (quoted.data[i] == '"')
            i++;
    }
    return (struct text){plain, length};
}

/* From the opening quote to behind the closing one. */
static bool read_quoted(struct csv_reader *reader, struct text *cell)
{
    size_t start = ++reader->at;
    bool doubled = false;

    for (; !at_end(reader); reader->at++) {
        if (here(reader) == '\n')
            reader->next_line++;
        if (here(reader) != '"')
            continue;
        if (reader->at + 1 < reader->text.length && reader->text.data[reader->at + 1] == '"') {
            doubled = true;
            reader->at++;
            continue;
        }
        *cell = (struct text){reader->text.data + start, reader->at++ - start};
        if (doubled)
            *cell = take_apart(reader, *cell);
        return at_line_end(reader) || here(reader) == ',';
    }
    return false;
}

static struct text read_plain(struct csv_reader *reader)
{
    size_t start = reader->at;

    while (!at_line_end(reader) && here(reader) != ',')
        reader->at++;
    return (struct text){reader->text.data + start, reader->at - start};
}

/* A quote that never closes would take the rest of the file with it: only its own line goes. */
static enum csv_row pass_bad_line(struct csv_reader *reader, size_t row_start)
{
    const char *from = reader->text.data + row_start;
    const char *end = memchr(from, '\n', reader->text.length - row_start);

    reader->at = end ? (size_t)(end - reader->text.data) + 1 : reader->text.length;
    reader->next_line = reader->line + 1;
    return CSV_BAD_QUOTES;
}

enum csv_row csv_read(struct csv_reader *reader, struct text *cells, size_t most, size_t *count)
{
    while (!at_end(reader) && at_line_end(reader))
        pass_line_end(reader);
    if (at_end(reader))
        return CSV_END;
    size_t row_start = reader->at;
    reader->line = reader->next_line;
    for (*count = 0;;) {
        struct text cell;
        if (!at_end(reader) && here(reader) == '"') {
            if (!read_quoted(reader, &cell))
                return pass_bad_line(reader, row_start);
        } else {
            cell = read_plain(reader);
        }
        if (*count < most)
            cells[*count] = cell;
        ++*count;
        if (at_line_end(reader))
            break;
        reader->at++; /* the comma */
    }
    pass_line_end(reader);
    return CSV_ROW;
}

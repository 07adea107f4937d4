#include "cli/export_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/json_fields.h"

static bool fail(const struct export_writer *writer, struct error *error)
{
    return error_set(error, "export.file", "%s: %s",
                     writer->path ? writer->path : "standard output", strerror(errno));
}

static void write_head(struct export_writer *writer)
{
    if (writer->json) {
        fputc('[', writer->out);
        return;
    }
    csv_begin(&writer->line);
    for (size_t i = 0; writer->names[i]; i++)
        csv_word(&writer->line, writer->names[i]);
    csv_end_row(&writer->line);
    fwrite(writer->line.data, 1, writer->line.length, writer->out);
}

bool export_open(struct export_writer *writer, struct error *error)
{
    int file;

    writer->out = stdout;
    if (writer->path) {
        file = open(writer->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        writer->out = file < 0 ? NULL : fdopen(file, "w");
        if (!writer->out)
            return fail(writer, error);
    }
    write_head(writer);
    return true;
}

/* --- Cells ------------------------------------------------------------------------------------ */

static void add_json(struct export_writer *writer, json_t *value)
{
    const char *name = writer->names[writer->cell++];

    ASSERT(name != NULL);
    if (!writer->object)
        writer->object = json_object();
    json_object_set_new(writer->object, name, value);
}

/* The line of a row begins with its first cell. */
static struct buffer *csv_cell(struct export_writer *writer)
{
    if (writer->cell++ == 0)
        buffer_clear(&writer->line);
    return &writer->line;
}

void export_id(struct export_writer *writer, uint64_t id)
{
    if (writer->json)
        add_json(writer, id ? json_id(id) : json_null());
    else
        csv_id(csv_cell(writer), id);
}

void export_int(struct export_writer *writer, int64_t number)
{
    if (writer->json)
        add_json(writer, json_integer(number));
    else
        csv_int(csv_cell(writer), number);
}

void export_points(struct export_writer *writer, int64_t hundredths)
{
    if (writer->json)
        add_json(writer, json_points(hundredths));
    else
        csv_points(csv_cell(writer), hundredths);
}

void export_time(struct export_writer *writer, int64_t at_us)
{
    if (writer->json)
        add_json(writer, json_time(at_us));
    else
        csv_time(csv_cell(writer), at_us, writer->offset_minutes);
}

void export_text(struct export_writer *writer, struct text text)
{
    if (writer->json)
        add_json(writer, json_text(text));
    else
        csv_text(csv_cell(writer), text);
}

void export_word(struct export_writer *writer, const char *word)
{
    if (writer->json)
        add_json(writer, word ? json_string(word) : json_null());
    else
        csv_word(csv_cell(writer), word);
}

void export_end_row(struct export_writer *writer)
{
    ASSERT(writer->names[writer->cell] == NULL);
    if (writer->json) {
        fputs(writer->rows ? ",\n " : "\n ", writer->out);
        json_dumpf(writer->object, writer->out, JSON_COMPACT);
        json_decref(writer->object);
        writer->object = NULL;
    } else {
        csv_end_row(&writer->line);
        fwrite(writer->line.data, 1, writer->line.length, writer->out);
    }
    writer->cell = 0;
    writer->rows++;
}

bool export_close(struct export_writer *writer, bool good, struct error *error)
{
    if (writer->json)
        fputs("\n]\n", writer->out);
    bool written = fflush(writer->out) == 0 && !ferror(writer->out);
    if (writer->path)
        written = fsync(fileno(writer->out)) == 0 && written;
    if (!written && good)
        fail(writer, error);
    if (writer->path && fclose(writer->out) != 0)
        written = false;
    if (writer->path && !(good && written))
        unlink(writer->path);
    json_decref(writer->object);
    buffer_free(&writer->line);
    return good && written;
}

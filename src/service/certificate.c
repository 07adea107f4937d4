#include "service/certificate.h"

#define LINE_SIZE 18

const char *certificate_state_name(enum certificate_state state)
{
    static const char *const names[] = {
        [CERTIFICATE_CURRENT] = "current",
        [CERTIFICATE_SUPERSEDED] = "superseded",
        [CERTIFICATE_REVOKED] = "revoked",
        [CERTIFICATE_WITHDRAWN] = "withdrawn",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

void certificate_pack_lines(const struct certificate_line *lines, size_t count,
                            struct buffer *packed)
{
    for (size_t i = 0; i < count; i++) {
        buffer_add_u64(packed, lines[i].record_id);
        buffer_add_u32(packed, (uint32_t)lines[i].day);
        buffer_add_u32(packed, (uint32_t)lines[i].minutes);
        buffer_add_u8(packed, lines[i].category);
        buffer_add_u8(packed, lines[i].grade);
    }
}

bool certificate_unpack_lines(struct text packed, struct arena *arena,
                              struct certificate_line **lines, size_t *count)
{
    struct reader reader = reader_of(packed.data, packed.length);

    *count = packed.length / LINE_SIZE;
    if (packed.length % LINE_SIZE != 0 || *count > CERTIFICATE_LINES_MOST)
        return false;
    *lines = arena_take(arena, *count * sizeof **lines);
    for (size_t i = 0; i < *count; i++) {
        struct certificate_line *line = &(*lines)[i];

        line->record_id = read_u64(&reader);
        line->day = (int32_t)read_u32(&reader);
        line->minutes = (int32_t)read_u32(&reader);
        line->category = read_u8(&reader);
        line->grade = read_u8(&reader);
    }
    return !reader.failed;
}

/* 32 bytes go into the code; a voucher's are 8, so neither can be taken for the other. */
void certificate_code(const uint8_t key[MAC_KEY_SIZE], const struct certificate *certificate,
                      struct paper_code *code)
{
    struct buffer stated = {0};
    uint8_t hash[HASH_SIZE];

    buffer_add_u64(&stated, certificate->id);
    buffer_add_u64(&stated, certificate->member_id);
    buffer_add_u64(&stated, certificate->unit_id);
    buffer_add_u8(&stated, certificate->shows_name);
    buffer_add_u32(&stated, (uint32_t)certificate->from_day);
    buffer_add_u32(&stated, (uint32_t)certificate->through_day);
    buffer_add_u64(&stated, (uint64_t)certificate->issued_us);
    certificate_pack_lines(certificate->lines, certificate->line_count, &stated);
    crypto_sha256(stated.data, stated.length, hash);
    buffer_free(&stated);
    paper_code_make(key, hash, sizeof hash, code);
}

static void add_line(struct certificate_sum *sum, const struct certificate_line *line)
{
    sum->activities++;
    sum->minutes += line->minutes;
}

struct certificate_sum certificate_sum(const struct certificate_line *lines, size_t count)
{
    struct certificate_sum sum = {0};

    for (size_t i = 0; i < count; i++)
        add_line(&sum, &lines[i]);
    return sum;
}

struct certificate_sum certificate_lost(const struct certificate *certificate,
                                        const struct hash_map *standing)
{
    struct certificate_sum lost = {0};

    for (size_t i = 0; i < certificate->line_count; i++) {
        const struct certificate_line *line = &certificate->lines[i];
        const struct hash_map_entry *now = hash_map_find(standing, line->record_id);

        if (now == NULL || now->number != (uint64_t)line->minutes)
            add_line(&lost, line);
    }
    return lost;
}

void certificate_grades(const struct certificate *certificate,
                        struct certificate_sum sums[GRADES_COUNT])
{
    for (int i = 0; i < GRADES_COUNT; i++)
        sums[i] = (struct certificate_sum){0};
    for (size_t i = 0; i < certificate->line_count; i++) {
        const struct certificate_line *line = &certificate->lines[i];

        if (line->grade >= GRADE_A && line->grade <= GRADE_D)
            add_line(&sums[line->grade - GRADE_A], line);
    }
}

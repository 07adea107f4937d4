/* Photos keep their picture and lose everything else; hostile ones are refused. */
#include "unit.h"

#include <string.h>

#include "service/photo.h"
#include "service/place.h"

#define ADD(buffer, literal) buffer_add((buffer), (literal), sizeof(literal) - 1)

static bool has(const struct buffer *buffer, const char *word)
{
    return buffer->length > 0 && memmem(buffer->data, buffer->length, word, strlen(word)) != NULL;
}

static struct text text_of(const struct buffer *buffer)
{
    return (struct text){buffer->data, buffer->length};
}

/* A grey picture of 16 by 8 with all that phones write around one. */
static void make_jpeg(struct buffer *jpeg)
{
    ADD(jpeg, "\xff\xd8");
    ADD(jpeg, "\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    ADD(jpeg, "\xff\xe1\x00\x11"
              "Exif\0\0GPS23.02N");
    ADD(jpeg, "\xff\xe1\x00\x0chttp:xmp/x");
    ADD(jpeg, "\xff\xe2\x00\x08MPF\0zz");
    ADD(jpeg, "\xff\xee\x00\x0e"
              "Adobe\0\x64\0\0\0\0\x01");
    ADD(jpeg, "\xff\xfe\x00\x09phone 7");
    ADD(jpeg, "\xff\xdb\x00\x04QT");
    ADD(jpeg, "\xff\xff\xc0\x00\x0b\x08\x00\x08\x00\x10\x01\x01\x11\x00"); /* a fill byte, too */
    ADD(jpeg, "\xff\xc4\x00\x04HT");
    ADD(jpeg, "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
              "pixels\xff\x00\xff\xd0more\xff\xd9");
    ADD(jpeg, "\xff\xd8\xff\xe1\x00\x0e"
              "Exif\0\0GPS2\xff\xd9");
}

static void chunk(struct buffer *png, const char *type, const void *data, size_t length)
{
    buffer_add_u32(png, (uint32_t)length);
    buffer_add(png, type, 4);
    buffer_add(png, data, length);
    ADD(png, "CRC!");
}

static void make_png(struct buffer *png)
{
    ADD(png, "\x89PNG\r\n\x1a\n");
    chunk(png, "IHDR", "\0\0\0\x10\0\0\0\x08\x08\0\0\0\0", 13);
    chunk(png, "eXIf", "GPS23.02N", 9);
    chunk(png, "tEXt", "Author\0Zhang", 12);
    chunk(png, "tIME", "1234567", 7);
    chunk(png, "IDAT", "pixels", 6);
    chunk(png, "IEND", "", 0);
    ADD(png, "GPS behind the end");
}

static void a_jpeg_loses_what_the_camera_wrote(void **state)
{
    struct buffer jpeg = {0}, clean = {0};

    (void)state;
    make_jpeg(&jpeg);
    assert_string_equal(photo_clean(text_of(&jpeg), &clean), "image/jpeg");
    assert_false(has(&clean, "GPS") || has(&clean, "Exif") || has(&clean, "xmp"));
    assert_false(has(&clean, "MPF") || has(&clean, "phone"));
    assert_true(has(&clean, "JFIF") && has(&clean, "Adobe") && has(&clean, "QT"));
    assert_true(has(&clean, "HT") && has(&clean, "pixels") && has(&clean, "more"));
    assert_memory_equal(clean.data + clean.length - 2, "\xff\xd9", 2);
    buffer_free(&jpeg);
    buffer_free(&clean);
}

static void a_png_loses_its_texts(void **state)
{
    struct buffer png = {0}, clean = {0};

    (void)state;
    make_png(&png);
    assert_string_equal(photo_clean(text_of(&png), &clean), "image/png");
    assert_false(has(&clean, "GPS") || has(&clean, "Zhang") || has(&clean, "tIME"));
    assert_true(has(&clean, "IHDR") && has(&clean, "pixels"));
    assert_memory_equal(clean.data + clean.length - 8, "IENDCRC!", 8);
    buffer_free(&png);
    buffer_free(&clean);
}

/* Exactly sized copies, so that a sanitizer sees one byte too far. */
static void assert_prefixes_refused(const struct buffer *photo, size_t whole)
{
    for (size_t length = 0; length < whole; length++) {
        struct buffer cut = {0}, clean = {0};

        cut.data = memory_new(length + 1);
        cut.length = length;
        memcpy(cut.data, photo->data, length);
        cut.data = memory_resize(cut.data, length ? length : 1, 1);
        assert_null(photo_clean(text_of(&cut), &clean));
        assert_int_equal(clean.length, 0);
        buffer_free(&clean);
        buffer_free(&cut);
    }
}

static void what_is_cut_off_is_refused(void **state)
{
    struct buffer jpeg = {0}, png = {0};

    (void)state;
    make_jpeg(&jpeg);
    make_png(&png);
    assert_prefixes_refused(&jpeg, jpeg.length - 18); /* behind its end it may be cut */
    assert_prefixes_refused(&png, png.length - 18);
    buffer_free(&jpeg);
    buffer_free(&png);
}

static void changed_bytes_do_no_harm(void **state)
{
    struct buffer photos[2] = {0};

    (void)state;
    make_jpeg(&photos[0]);
    make_png(&photos[1]);
    for (size_t which = 0; which < 2; which++)
        for (size_t at = 0; at < photos[which].length; at++)
            for (int value = 0; value < 256; value += 5) {
                struct buffer clean = {0};
                char before = photos[which].data[at];

                photos[which].data[at] = (char)value;
                if (photo_clean(text_of(&photos[which]), &clean))
                    assert_true(clean.length <= photos[which].length);
                photos[which].data[at] = before;
                buffer_free(&clean);
            }
    buffer_free(&photos[0]);
    buffer_free(&photos[1]);
}

static void neither_giants_nor_other_files_are_taken(void **state)
{
    struct buffer png = {0}, clean = {0};

    (void)state;
    make_png(&png);
    png.data[16] = 1; /* 16 million pixels wide */
    assert_null(photo_clean(text_of(&png), &clean));
    assert_null(photo_clean(TEXT("GIF89a and so on"), &clean));
    assert_null(photo_clean((struct text){NULL, 0}, &clean));
    buffer_free(&png);
    buffer_free(&clean);
}

static void distances_are_those_of_the_map(void **state)
{
    struct position temple = {23021800, 113106400}, north = {23031800, 113106400};
    struct position east = {23021800, 113116400};

    (void)state;
    assert_true(place_distance_m(temple, temple) < 0.001);
    assert_in_range((int)place_distance_m(temple, north), 1110, 1114);
    assert_in_range((int)place_distance_m(temple, east), 1021, 1025); /* narrower by cos 23° */
    assert_int_equal(place_check(temple, 1200, &north), PLACE_IN_RANGE);
    assert_int_equal(place_check(temple, 1000, &north), PLACE_OUT_OF_RANGE);
    assert_int_equal(place_check(temple, 0, &north), PLACE_UNCHECKED);
    assert_int_equal(place_check(temple, 1000, NULL), PLACE_UNCHECKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jpeg_loses_what_the_camera_wrote),
        cmocka_unit_test(a_png_loses_its_texts),
        cmocka_unit_test(what_is_cut_off_is_refused),
        cmocka_unit_test(changed_bytes_do_no_harm),
        cmocka_unit_test(neither_giants_nor_other_files_are_taken),
        cmocka_unit_test(distances_are_those_of_the_map),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

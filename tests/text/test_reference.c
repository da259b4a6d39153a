/* The reference's own results, from $ACCEL_TEST_ORACLE/tokenizer, where oracle_tokenizer.py wrote them; skipped
 * by name without them. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <accel/tokenizer.h>

#include "base/file.h"
#include "base/memory.h"
#include "text/normalizer.h"
#include "text/utf8.h"
#include "text/words.h"

/* "$ACCEL_TEST_ORACLE/tokenizer/name", or skips the test. */
static char *oracle_path(const char *test, const char *name)
{
    const char *folders = getenv("ACCEL_TEST_ORACLE");
    char *folder = file_join(folders ? folders : "", "tokenizer");
    if (!folders || !file_exists(folder)) {
        print_message("%s: skipped, no folder tokenizer in ACCEL_TEST_ORACLE\n", test);
        memory_free(folder);
        skip();
    }
    char *path = file_join(folder, name);
    memory_free(folder);
    return path;
}

/* Reads what Cases.add of oracle_tokenizer.py wrote. */
typedef struct reader {
    const unsigned char *at, *end;
} reader;

static uint32_t read_number(reader *r)
{
    uint32_t number = 0;
    assert_true(r->end - r->at >= 4);
    memcpy(&number, r->at, sizeof number);
    r->at += 4;
    return number;
}

static const char *read_text(reader *r, size_t *size)
{
    *size = read_number(r);
    assert_true((size_t)(r->end - r->at) >= *size);
    const char *text = (const char *)r->at;
    r->at += *size;
    return text;
}

static void check_numbers(reader *r, const int64_t *numbers, size_t count, const char *what, const char *text,
                          size_t size)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t expected = read_number(r);
        if (numbers[i] != expected)
            fail_msg("\"%.*s\": %s %zu is %lld, expected %u", (int)size, text, what, i, (long long)numbers[i],
                     expected);
    }
}

static void check_case(accel_tokenizer *t, reader *r)
{
    size_t size = 0, pair_size = 0, plain_size = 0;
    unsigned flags = *r->at++;
    uint32_t max_length = read_number(r);
    const char *text = read_text(r, &size), *pair = read_text(r, &pair_size);
    accel_encoding e;
    accel_tokenizer_encode(t, text, size, &e, .pair = flags & 1 ? pair : NULL, .pair_size = pair_size,
                           .max_length = max_length, .add_special_tokens = flags & 2);
    if (accel_error_is_set())
        fail_msg("%s", accel_error_text());
    uint32_t count = read_number(r);
    if (e.length != count)
        fail_msg("\"%.*s\": %zu ids, expected %u (max_length %u)", (int)size, text, e.length, count,
                 max_length);
    check_numbers(r, e.input_ids, count, "id", text, size);
    check_numbers(r, e.token_type_ids, count, "type", text, size);
    for (int skip = 0; skip < 2; skip++) {
        accel_text decoded;
        const char *plain = read_text(r, &plain_size);
        accel_tokenizer_decode(t, e.input_ids, e.length, skip, &decoded);
        if (decoded.size != plain_size || memcmp(decoded.data, plain, plain_size) != 0)
            fail_msg("\"%.*s\" decodes to \"%s\", expected \"%.*s\"", (int)size, text, decoded.data,
                     (int)plain_size, plain);
        accel_text_dispose(&decoded);
    }
    accel_encoding_dispose(&e);
}

static void check_tokenizer(const char *model)
{
    accel_tokenizer *t = accel_tokenizer_load(model);
    if (!t)
        fail_msg("%s", accel_error_text());
    char *cases = file_join(model, "cases.bin");
    file_map map;
    assert_int_equal(file_map_open(&map, cases), ACCEL_OK);
    reader r = {map.data, map.data + map.size};
    size_t count = 0;
    print_message("%s\n", model);
    for (; r.at < r.end; count++)
        check_case(t, &r);
    assert_true(count > 100);
    file_map_close(&map);
    memory_free(cases);
    accel_free(t);
}

static void equals_reference(void **state)
{
    (void)state;
    char *top = oracle_path(__func__, "");
    DIR *directory = opendir(top);
    assert_non_null(directory);
    size_t count = 0;
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        char *model = file_join(top, entry->d_name);
        struct stat info;
        if (entry->d_name[0] != '.' && stat(model, &info) == 0 && S_ISDIR(info.st_mode)) {
            check_tokenizer(model);
            count++;
        }
        memory_free(model);
    }
    closedir(directory);
    memory_free(top);
    assert_int_equal(count, 15);
}

/* ---- every character ---- */

static uint32_t crc_table[256];

static void make_crc_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        crc_table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            crc_table[i] = crc_table[i] >> 1 ^ (crc_table[i] & 1 ? 0xEDB88320u : 0);
    }
}

/* zlib.crc32 */
static uint32_t crc32(uint32_t crc, const char *bytes, size_t size)
{
    crc = ~crc;
    for (size_t i = 0; i < size; i++)
        crc = crc >> 8 ^ crc_table[(crc ^ (unsigned char)bytes[i]) & 0xFF];
    return ~crc;
}

static void append_character(buffer *out, uint32_t character)
{
    char bytes[4];
    buffer_append(out, bytes, utf8_put(bytes, character));
}

/* unicode_texts of oracle_tokenizer.py: what stands between a character and its next appearance. */
static void make_text(uint32_t block, int kind, buffer *out)
{
    static const char *const marks[] = {"\u0316", "\u302e", "\u0301", "\U0001d165", ""};
    out->size = 0;
    for (uint32_t c = block * 256; c < block * 256 + 256; c++) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        if (kind == 0)
            buffer_append_string(out, "x");
        append_character(out, c);
        if (kind == 0) {
            buffer_append_string(out, "y ");
            append_character(out, c);
            buffer_append_string(out, " ");
        }
        for (size_t i = 0; kind == 2 && i < 4; i++) {
            buffer_append_string(out, marks[i]);
            append_character(out, c);
        }
    }
}

/* What becomes of a text, and its words. */
static uint32_t digest(const normalizer *n, const buffer *text, buffer *normal)
{
    normal->size = 0;
    assert_int_equal(normalizer_run(n, text->data, text->size, normal), ACCEL_OK);
    uint32_t crc = crc32(0, normal->data, normal->size);
    crc = crc32(crc, "", 1);
    word w;
    for (size_t at = 0; words_next(normal->data, normal->size, &at, &w);) {
        crc = crc32(crc, w.data, w.size);
        crc = crc32(crc, "", 1);
    }
    return crc;
}

static void check_block(const normalizer *n, uint32_t block, reader *r)
{
    buffer text = {0}, normal = {0};
    for (int kind = 0; kind < 3; kind++) {
        make_text(block, kind, &text);
        uint32_t found = text.size ? digest(n, &text, &normal) : crc32(0, "", 1);
        if (found != read_number(r))
            fail_msg("U+%X and the 255 behind it, text %d, accents %d, lowercase %d", block * 256, kind,
                     n->accents, n->lowercase);
    }
    buffer_dispose(&text);
    buffer_dispose(&normal);
}

static void every_character(void **state)
{
    (void)state;
    normalizer kinds[] = {/* NORMALIZERS of oracle_tokenizer.py */
                          {.clean_text = true, .handle_chinese_chars = true, .lowercase = true},
                          {.accents = ACCENTS_STRIP},
                          {.accents = ACCENTS_KEEP, .lowercase = true},
                          {.clean_text = true}};
    char *file = oracle_path(__func__, "unicode.bin");
    file_map map;
    assert_int_equal(file_map_open(&map, file), ACCEL_OK);
    reader r = {map.data, map.data + map.size};
    make_crc_table();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        normalizer_prepare(&kinds[i]);
        for (uint32_t block = 0; block < 0x110000 / 256; block++)
            check_block(&kinds[i], block, &r);
    }
    assert_true(r.at == r.end);
    file_map_close(&map);
    memory_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_reference),
        cmocka_unit_test(every_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

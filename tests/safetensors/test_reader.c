/* The reader against files written here byte by byte, and against the verdicts of the safetensors library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <accel/error.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "safetensors/reader.h"

/* A file in memory: the length of the header, the header, `size` bytes 0, 1, 2 …; free its data. */
static buffer make_file(const char *header, size_t size)
{
    buffer file = {0};
    uint64_t length = strlen(header);
    buffer_append(&file, &length, sizeof length);
    buffer_append_string(&file, header);
    for (size_t i = 0; i < size; i++)
        buffer_append(&file, &(unsigned char){(unsigned char)i}, 1);
    assert_false(accel_error_is_set());
    return file;
}

/* Reads from a copy of exactly that size, so that a read behind its end is seen. */
static safetensors_file *read_exactly(const void *bytes, size_t size, void **copy)
{
    *copy = malloc(size ? size : 1);
    assert_non_null(*copy);
    if (size)
        memcpy(*copy, bytes, size);
    return safetensors_from_memory("test", *copy, size);
}

static void expect_refused(const void *bytes, size_t size, const char *message)
{
    void *copy = NULL;
    safetensors_file *file = read_exactly(bytes, size, &copy);
    if (file || accel_error_status() != ACCEL_EFORMAT || strcmp(accel_error_last()->message, message) != 0)
        fail_msg("expected \"%s\", got \"%s\"", message, accel_error_text());
    accel_error_clear();
    free(copy);
}

static void opens_a_file(void **state)
{
    (void)state;
    buffer bytes = make_file("{\"__metadata__\":{\"format\":\"pt\",\"a\":\"b\"},"
                             "\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[3,11]},"
                             "\"none\":{\"dtype\":\"I64\",\"shape\":[0,7],\"data_offsets\":[3,3]},"
                             "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                             "\"\":{\"dtype\":\"BOOL\",\"shape\":[],\"data_offsets\":[11,12]}}   ",
                             12);
    safetensors_file *file = safetensors_from_memory("test", bytes.data, bytes.size);
    assert_non_null(file);
    size_t count = 0;
    const safetensors_entry *entries = safetensors_entries(file, &count);
    assert_int_equal(count, 4);
    const char *const order[] = {"b", "none", "w", ""};
    const unsigned char *data = (const unsigned char *)bytes.data + bytes.size - 12;
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(entries[i].name, order[i]);
        assert_ptr_equal(safetensors_find(file, order[i]), &entries[i]);
        assert_ptr_equal(entries[i].data, data);
        data += entries[i].size;
    }
    assert_int_equal(entries[2].dtype, SAFETENSORS_F32);
    assert_int_equal(entries[2].rank, 2);
    assert_int_equal(entries[2].shape[0], 2);
    assert_int_equal(entries[2].shape[1], 1);
    assert_int_equal(entries[2].size, 8);
    assert_int_equal(entries[3].rank, 0);
    assert_int_equal(entries[3].size, 1);
    assert_null(safetensors_find(file, "absent"));
    assert_null(safetensors_find(file, "__metadata__"));
    const safetensors_pair *pairs = safetensors_metadata(file, &count);
    assert_int_equal(count, 2);
    assert_string_equal(pairs[0].key, "format");
    assert_string_equal(pairs[1].value, "b");
    assert_string_equal(safetensors_metadata_value(file, "format"), "pt");
    assert_null(safetensors_metadata_value(file, "absent"));
    assert_false(accel_error_is_set());
    safetensors_close(file);
    buffer_dispose(&bytes);
}

static void knows_every_dtype(void **state)
{
    (void)state;
    const struct {
        const char *name;
        size_t eight; /* the bytes of eight elements */
    } dtypes[] = {{"BOOL", 8}, {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},
                  {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8},     {"I16", 16},
                  {"U16", 16}, {"F16", 16},    {"BF16", 16},   {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
                  {"I32", 32}, {"U32", 32},    {"F32", 32},    {"C64", 64},        {"F64", 64},
                  {"I64", 64}, {"U64", 64}};
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
        safetensors_dtype dtype;
        size_t bytes = 0;
        assert_true(safetensors_dtype_parse(dtypes[i].name, &dtype));
        assert_string_equal(safetensors_dtype_name(dtype), dtypes[i].name);
        assert_null(safetensors_byte_count(dtype, (const int64_t[]){2, 4}, 2, &bytes));
        assert_int_equal(bytes, dtypes[i].eight);
    }
    assert_int_equal(sizeof dtypes / sizeof dtypes[0], SAFETENSORS_U64 + 1);
    assert_null(safetensors_dtype_name(SAFETENSORS_U64 + 1));
}

/* Quotes and minus signs inside of strings are no syntax. */
static void takes_names_that_look_like_syntax(void **state)
{
    (void)state;
    buffer bytes = make_file("{\"\\\\\\\"-0\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0);
    safetensors_file *file = safetensors_from_memory("test", bytes.data, bytes.size);
    assert_non_null(file);
    assert_non_null(safetensors_find(file, "\\\"-0"));
    safetensors_close(file);
    buffer_dispose(&bytes);
}

static void tells_no_metadata_from_an_empty_one(void **state)
{
    (void)state;
    const char *const headers[] = {"{}", "{\"__metadata__\":null}", "{\"__metadata__\":{}}"};
    for (size_t i = 0; i < 3; i++) {
        buffer bytes = make_file(headers[i], 0);
        safetensors_file *file = safetensors_from_memory("test", bytes.data, bytes.size);
        assert_non_null(file);
        size_t count = 1;
        assert_int_equal(safetensors_metadata(file, &count) != NULL, i == 2);
        assert_int_equal(count, 0);
        assert_non_null(safetensors_entries(file, &count));
        assert_int_equal(count, 0);
        assert_null(safetensors_find(file, "a"));
        assert_null(safetensors_metadata_value(file, "a"));
        safetensors_close(file);
        buffer_dispose(&bytes);
    }
}

static int forget_errors(void **state)
{
    (void)state;
    accel_error_clear();
    return 0;
}

/* The header with tensor "a" whose fields are given. */
#define A(fields) "{\"a\":{" fields "}}"
#define DTYPE "\"dtype\":\"F32\""
#define SHAPE "\"shape\":[2]"
#define OFFSETS "\"data_offsets\":[0,8]"

static const struct {
    const char *header;
    size_t size;
    const char *message;
} refused[] = {
    {"", 0, "test: header: does not begin with '{'"},
    {" {}", 0, "test: header: does not begin with '{'"},
    {"[]", 0, "test: header: does not begin with '{'"},
    {"{", 0, "test: header: not valid JSON at byte 1: string or '}' expected near end of file"},
    {"{}{}", 0, "test: header: not valid JSON at byte 3: end of file expected near '{'"},
    {"{\"a\xff\":1}", 0, "test: header: not valid JSON at byte 3: unable to decode byte 0xff near '\"a'"},
    {"{\"\\u0000\":1}", 0, "test: header: a string holds a zero character"},
    {"{\"a\\u0000\":1}", 0, "test: header: a string holds a zero character"},
    {"{\"a\":1,\"a\":1}", 0, "test: header: not valid JSON at byte 10: duplicate object key near '\"a\"'"},
    {"{\"a\":1}", 0, "test: tensor \"a\": is not an object"},
    {"{\"a\":[\"F32\",[2],[0,8]]}", 8, "test: tensor \"a\": is not an object"},
    {A(SHAPE "," OFFSETS), 8, "test: tensor \"a\": has no \"dtype\""},
    {A("\"dtype\":7," SHAPE "," OFFSETS), 8, "test: tensor \"a\": \"dtype\" is not a string"},
    {A("\"dtype\":\"f32\"," SHAPE "," OFFSETS), 8, "test: tensor \"a\": dtype \"f32\" is not known"},
    {A(DTYPE "," OFFSETS), 8, "test: tensor \"a\": has no \"shape\""},
    {A(DTYPE ",\"shape\":2," OFFSETS), 8, "test: tensor \"a\": \"shape\" is not an array"},
    {A(DTYPE ",\"shape\":[2,1.0]," OFFSETS), 8, "test: tensor \"a\": dimension 1 is not an integer"},
    {A(DTYPE ",\"shape\":[2,-3]," OFFSETS), 8, "test: tensor \"a\": dimension 1 is -3, must not be negative"},
    {A(DTYPE ",\"shape\":[4294967296,4294967296,0],\"data_offsets\":[0,0]"), 0,
     "test: tensor \"a\": the product of the shape overflows"},
    {A(DTYPE ",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]"), 0,
     "test: tensor \"a\": the product of the shape overflows"},
    {A("\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]"), 2,
     "test: tensor \"a\": its packed elements end inside a byte"},
    {A(DTYPE "," SHAPE), 8, "test: tensor \"a\": has no \"data_offsets\""},
    {A(DTYPE "," SHAPE ",\"data_offsets\":8"), 8,
     "test: tensor \"a\": \"data_offsets\" is not an array of two integers"},
    {A(DTYPE "," SHAPE ",\"data_offsets\":[0,8,8]"), 8,
     "test: tensor \"a\": \"data_offsets\" is not an array of two integers"},
    {A(DTYPE "," SHAPE ",\"data_offsets\":[0,\"8\"]"), 8,
     "test: tensor \"a\": \"data_offsets\" is not an array of two integers"},
    {A(DTYPE "," SHAPE ",\"data_offsets\":[8,0]"), 8,
     "test: tensor \"a\": data_offsets [8, 0] are not a range"},
    {A(DTYPE "," SHAPE ",\"data_offsets\":[-8,0]"), 8,
     "test: tensor \"a\": data_offsets [-8, 0] are not a range"},
    {A(DTYPE "," SHAPE ",\"data_offsets\":[-0,8]"), 8, "test: header: -0 is not an integer of the format"},
    {A(DTYPE "," SHAPE "," OFFSETS ",\"strides\":[1]"), 8, "test: tensor \"a\": key \"strides\" is not known"},
    {A(DTYPE "," SHAPE ",\"data_offsets\":[0,4]"), 4,
     "test: tensor \"a\": data_offsets [0, 4] span 4 bytes, its shape and dtype F32 need 8"},
    {A(DTYPE "," SHAPE ",\"data_offsets\":[4,12]"), 12,
     "test: tensor \"a\": data_offsets [4, 12] leave a hole after byte 0"},
    {"{\"a\":{" DTYPE "," SHAPE "," OFFSETS "},\"b\":{" DTYPE "," SHAPE ",\"data_offsets\":[4,12]}}", 12,
     "test: tensor \"b\": data_offsets [4, 12] overlap another tensor's, which end at 8"},
    {"{\"a\":{" DTYPE "," SHAPE "," OFFSETS "},\"b\":{" DTYPE "," SHAPE "," OFFSETS "}}", 8,
     "test: tensor \"b\": data_offsets [0, 8] overlap another tensor's, which end at 8"},
    {"{\"__metadata__\":[]}", 0, "test: header: \"__metadata__\" is not an object"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "test: metadata \"a\" is not a string"},
    {A(DTYPE "," SHAPE "," OFFSETS), 7, "test: is truncated: 69 bytes, its header describes 70"},
    {A(DTYPE "," SHAPE "," OFFSETS), 9, "test: is padded out: 71 bytes, its header describes 70"},
};

static void says_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        buffer bytes = make_file(refused[i].header, refused[i].size);
        expect_refused(bytes.data, bytes.size, refused[i].message);
        buffer_dispose(&bytes);
    }
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    buffer bytes = make_file(A(DTYPE "," SHAPE "," OFFSETS), 8);
    for (size_t size = 0; size < bytes.size; size++) {
        void *copy = NULL;
        assert_null(read_exactly(bytes.data, size, &copy));
        assert_int_equal(accel_error_status(), ACCEL_EFORMAT);
        assert_non_null(strstr(accel_error_text(), "test: is truncated: "));
        accel_error_clear();
        free(copy);
    }
    expect_refused(bytes.data, 3, "test: is truncated: 3 bytes, the header's length alone takes 8");
    expect_refused(bytes.data, 20, "test: is truncated: 20 bytes, its header ends at byte 62");
    buffer_dispose(&bytes);
}

static void refuses_a_header_that_is_too_long(void **state)
{
    (void)state;
    unsigned char bytes[16] = {0x01, 0xe1, 0xf5, 0x05};
    expect_refused(bytes, sizeof bytes,
                   "test: is not a safetensors file: its header would take 100000001 bytes, at most 100000000 "
                   "are allowed");
    bytes[0] = 0;
    expect_refused(bytes, sizeof bytes, "test: is truncated: 16 bytes, its header ends at byte 100000008");
    memset(bytes, 0xff, 8);
    expect_refused(bytes, sizeof bytes,
                   "test: is not a safetensors file: its header would take 18446744073709551615 bytes, at most "
                   "100000000 are "
                   "allowed");
}

/* A name that is longer than a message does not push the reason out of it, nor is cut inside a character. */
static void cuts_long_names(void **state)
{
    (void)state;
    buffer header = {0};
    buffer_append_string(&header, "{\"a");
    for (int i = 0; i < 2000; i++)
        buffer_append_string(&header, "\xc3\xa9");
    buffer_append_string(&header, "\":{}}");
    buffer bytes = make_file(header.data, 0);
    assert_null(safetensors_from_memory("test", bytes.data, bytes.size));
    const char *message = accel_error_last()->message;
    assert_int_equal(strlen(message), strlen("test: tensor \"\": has no \"dtype\"") + 199);
    assert_non_null(strstr(message, "\xc3\xa9\": has no \"dtype\""));
    accel_error_clear();
    buffer_dispose(&bytes);
    buffer_dispose(&header);
}

/* In a string, behind a number, behind the object. */
static void refuses_zero_bytes(void **state)
{
    (void)state;
    static const char header[] =
        "{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}";
    for (size_t place = 1; place <= sizeof header - 1; place++) {
        buffer bytes = {0};
        buffer_append(&bytes, &(uint64_t){sizeof header}, 8);
        buffer_append(&bytes, header, place);
        buffer_append(&bytes, "", 1);
        buffer_append(&bytes, header + place, sizeof header - 1 - place);
        expect_refused(bytes.data, bytes.size, "test: header: holds a zero byte");
        buffer_dispose(&bytes);
    }
}

static void refuses_deep_nesting(void **state)
{
    (void)state;
    buffer header = {0};
    buffer_append_string(&header, "{\"a\":");
    for (int i = 0; i < 1000000; i++)
        buffer_append(&header, "[", 1);
    buffer bytes = make_file(header.data, 0);
    assert_null(safetensors_from_memory("test", bytes.data, bytes.size));
    assert_int_equal(accel_error_status(), ACCEL_EFORMAT);
    accel_error_clear();
    buffer_dispose(&bytes);
    buffer_dispose(&header);
}

static void does_nothing_while_an_error_is_recorded(void **state)
{
    (void)state;
    buffer bytes = make_file("{}", 0);
    accel_error_raise(ACCEL_EINVAL, "before", "first");
    assert_null(safetensors_from_memory("test", bytes.data, bytes.size));
    assert_null(safetensors_open("/dev/null"));
    assert_string_equal(accel_error_text(), "before: first");
    safetensors_close(NULL);
    accel_error_clear();
    buffer_dispose(&bytes);
}

static void expect_not_opened(const char *path, accel_status status, const char *what)
{
    assert_null(safetensors_open(path));
    assert_int_equal(accel_error_status(), status);
    assert_non_null(strstr(accel_error_last()->message, path));
    assert_non_null(strstr(accel_error_last()->message, what));
    accel_error_clear();
}

static void opens_paths(void **state)
{
    (void)state;
    char folder[] = "/tmp/accel-reader-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = file_join(folder, "a");
    expect_not_opened(path, ACCEL_ENOTFOUND, "cannot be opened: No such file");
    expect_not_opened(folder, ACCEL_EINVAL, "is not a regular file");
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_not_opened(path, ACCEL_EINVAL, "is not a regular file");
    assert_int_equal(unlink(path), 0);
    file_write_atomic(path, "", 0);
    expect_not_opened(path, ACCEL_EFORMAT, "is truncated: 0 bytes");
    buffer bytes = make_file(A(DTYPE "," SHAPE "," OFFSETS), 8);
    file_write_atomic(path, bytes.data, bytes.size);
    safetensors_file *file = safetensors_open(path);
    assert_non_null(file);
    assert_int_equal(unlink(path), 0);
    assert_memory_equal(safetensors_find(file, "a")->data, bytes.data + bytes.size - 8, 8);
    safetensors_close(file);
    assert_int_equal(rmdir(folder), 0);
    memory_free(path);
    buffer_dispose(&bytes);
}

static size_t json_allocations_left;

static void *json_allocation(size_t size)
{
    return json_allocations_left && --json_allocations_left == 0 ? NULL : malloc(size);
}

/* Fails each allocation in turn, ours and the JSON library's, until all of them are reached. */
static void survives_failed_allocations(void **state)
{
    const bool json = *state != NULL;
    buffer bytes = make_file("{\"__metadata__\":{\"k\":\"v\"},\"a\":{" DTYPE "," SHAPE "," OFFSETS "}}", 8);
    if (json)
        json_set_alloc_funcs(json_allocation, free);
    safetensors_file *file = NULL;
    size_t failures = 0;
    for (size_t nth = 1; !file; nth++) {
        json_allocations_left = json ? nth : 0;
        memory_fail_at(json ? 0 : nth);
        file = safetensors_from_memory("test", bytes.data, bytes.size);
        failures += !file;
        assert_int_equal(file == NULL, accel_error_is_set());
        if (!json && !file)
            assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
        accel_error_clear();
        assert_in_range(nth, 1, 1000);
    }
    memory_fail_at(0);
    json_allocations_left = 0;
    json_set_alloc_funcs(malloc, free);
    assert_in_range(failures, 6, 1000);
    safetensors_close(file);
    buffer_dispose(&bytes);
}

static uint64_t add_to_fingerprint(uint64_t value, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        value = (value ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    return value;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const safetensors_entry *)left)->name, ((const safetensors_entry *)right)->name);
}

/* The oracle's, over names, dtypes, shapes and bytes. */
static uint64_t fingerprint(const safetensors_file *file)
{
    size_t count = 0;
    const safetensors_entry *entries = safetensors_entries(file, &count);
    safetensors_entry *sorted = calloc(count + 1, sizeof *sorted);
    assert_non_null(sorted);
    memcpy(sorted, entries, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_name);
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++) {
        const char *dtype = safetensors_dtype_name(sorted[i].dtype);
        uint64_t size = sorted[i].size;
        value = add_to_fingerprint(value, sorted[i].name, strlen(sorted[i].name) + 1);
        value = add_to_fingerprint(value, dtype, strlen(dtype) + 1);
        value = add_to_fingerprint(value, sorted[i].shape, sorted[i].rank * sizeof *sorted[i].shape);
        value = add_to_fingerprint(value, &size, sizeof size);
        value = add_to_fingerprint(value, sorted[i].data, sorted[i].size);
    }
    free(sorted);
    return value;
}

/* One record of the oracle's cases.bin; false when the reader disagrees with it. */
static bool agrees(char verdict, uint64_t mark, const void *bytes, size_t size)
{
    void *copy = NULL;
    safetensors_file *file = read_exactly(bytes, size, &copy);
    bool good =
        verdict == 'A' ? file && fingerprint(file) == mark : !file && accel_error_status() == ACCEL_EFORMAT;
    if (!good)
        print_message("Python's verdict is %c, here \"%s\" on: %.*s\n", verdict, accel_error_text(),
                      size > 8 ? (int)size - 8 : 0, size > 8 ? (const char *)bytes + 8 : "");
    safetensors_close(file);
    accel_error_clear();
    free(copy);
    return good;
}

static void agrees_with_python(void **state)
{
    (void)state;
    const char *folders = getenv("ACCEL_TEST_ORACLE");
    char *oracle = folders ? file_join(folders, "safetensors") : NULL;
    if (!oracle || !file_exists(oracle)) {
        print_message("agrees_with_python: skipped, no folder safetensors in ACCEL_TEST_ORACLE\n");
        memory_free(oracle);
        skip();
    }
    char *path = file_join(oracle, "cases.bin");
    file_map cases;
    assert_int_equal(file_map_open(&cases, path), ACCEL_OK);
    size_t count = 0, accepted = 0, wrong = 0, place = 0;
    while (place < cases.size) {
        char verdict = (char)cases.data[place];
        uint64_t mark;
        uint32_t size;
        memcpy(&mark, cases.data + place + 1, sizeof mark);
        memcpy(&size, cases.data + place + 9, sizeof size);
        place += 13;
        assert_in_range(size, 0, cases.size - place);
        wrong += !agrees(verdict, mark, cases.data + place, size);
        accepted += verdict == 'A';
        count++;
        place += size;
    }
    print_message("%zu cases, %zu of them accepted\n", count, accepted);
    assert_int_equal(wrong, 0);
    assert_in_range(accepted, 1000, count);
    file_map_close(&cases);
    memory_free(path);
    memory_free(oracle);
}

#define TEST(name) cmocka_unit_test_setup(name, forget_errors)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opens_a_file),
        TEST(knows_every_dtype),
        TEST(takes_names_that_look_like_syntax),
        TEST(tells_no_metadata_from_an_empty_one),
        TEST(says_what_is_wrong),
        TEST(refuses_every_truncation),
        TEST(refuses_a_header_that_is_too_long),
        TEST(cuts_long_names),
        TEST(refuses_zero_bytes),
        TEST(refuses_deep_nesting),
        TEST(does_nothing_while_an_error_is_recorded),
        TEST(opens_paths),
        cmocka_unit_test_prestate_setup_teardown(survives_failed_allocations, forget_errors, NULL, NULL),
        cmocka_unit_test_prestate_setup_teardown(survives_failed_allocations, forget_errors, NULL, (void *)""),
        TEST(agrees_with_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

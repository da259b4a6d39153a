/* What is in a file, tensor by tensor: the spans of each kind of file, and the one that a change is in. */
#include "files.h"

#include <xxhash.h>

#include <accel/checkpoint.h>

#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/digest.h"

static const char call[] = "digest";

static void save(const char *name)
{
    accel_scoped() {
        accel_dict *dict = accel_dict_create();
        accel_dict_set(dict, "layer.weight", FLOATS(ACCEL_SHAPE(2, 2), 1, 2, 3, 4));
        accel_dict_set(dict, "layer.none", FLOATS(ACCEL_SHAPE(0), 0));
        accel_dict_set(dict, "layer.bias", INTEGERS(ACCEL_SHAPE(2), 5, 6));
        assert_int_equal(accel_save(dict, path_of(name)), ACCEL_OK);
    }
}

/* Changes one byte. */
static void change(const char *name, size_t offset)
{
    FILE *file = fopen(path_of(name), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)offset, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, (long)offset, SEEK_SET), 0);
    assert_true(byte != EOF && fputc(byte ^ 1, file) != EOF);
    assert_int_equal(fclose(file), 0);
}

static digest digest_of(const char *name)
{
    digest d;
    assert_int_equal(digest_file(&d, path_of(name), name), ACCEL_OK);
    return d;
}

/* The spans are one after another, to the end, and each has the hash of its bytes. */
static void expect_whole(const digest *d, const char *name)
{
    size_t size = 0, begin = 0;
    char *bytes = file_read(path_of(name), &size);
    assert_non_null(bytes);
    assert_int_equal(digest_size(d), size);
    for (size_t i = 0; i < d->count; begin = d->spans[i++].end) {
        assert_true(d->spans[i].end > begin);
        assert_true(d->spans[i].hash == XXH3_64bits(bytes + begin, d->spans[i].end - begin));
    }
    memory_free(bytes);
}

static const digest_span *find(const digest *d, const char *name)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->spans[i].name && strcmp(d->spans[i].name, name) == 0)
            return &d->spans[i];
    fail_msg("no span is of \"%s\"", name);
    return NULL;
}

static size_t size_of(const digest *d, const digest_span *span)
{
    return span->end - (span == d->spans ? 0 : span[-1].end);
}

/* Every byte of the file in turn. */
static void expect_found(const digest *d, const char *name)
{
    for (size_t i = 0, offset = 0; offset < digest_size(d); offset++) {
        i += offset == d->spans[i].end;
        change(name, offset);
        assert_int_equal(digest_compare(d, path_of(name), call), ACCEL_EFORMAT);
        char expected[256];
        if (d->spans[i].name)
            snprintf(expected, sizeof expected, ": tensor \"%s\" is damaged: its bytes are not those saved",
                     d->spans[i].name);
        else
            snprintf(expected, sizeof expected,
                     ": is damaged: bytes %zu to %zu, which are of no tensor, are not those saved",
                     i ? (size_t)d->spans[i - 1].end : 0, (size_t)d->spans[i].end);
        expect_file_failure(ACCEL_EFORMAT, call, name, expected);
        change(name, offset);
    }
    assert_int_equal(digest_compare(d, path_of(name), call), ACCEL_OK);
}

static void tells_tensors_apart(const char *name)
{
    save(name);
    digest d = digest_of(name);
    expect_whole(&d, name);
    assert_int_equal(size_of(&d, find(&d, "layer.weight")), 16);
    assert_int_equal(size_of(&d, find(&d, "layer.bias")), 16);
    assert_null(d.spans[0].name);
    expect_found(&d, name);
    digest_dispose(&d);
    assert_int_equal(digest_size(&d), 0);
}

static void tells_tensors_of_safetensors_apart(void **state)
{
    (void)state;
    tells_tensors_apart("model.safetensors");
}

static void tells_tensors_of_torch_apart(void **state)
{
    (void)state;
    tells_tensors_apart("pytorch_model.bin");
}

static void takes_other_files_whole(void **state)
{
    (void)state;
    FILE_OF("notes.txt", "some words");
    digest d = digest_of("notes.txt");
    expect_whole(&d, "notes.txt");
    assert_int_equal(d.count, 1);
    assert_null(d.spans[0].name);
    expect_found(&d, "notes.txt");
    digest_dispose(&d);
}

static void takes_empty_files(void **state)
{
    (void)state;
    FILE_OF("empty", "");
    digest d = digest_of("empty");
    assert_int_equal(d.count, 0);
    assert_int_equal(digest_size(&d), 0);
    assert_int_equal(digest_compare(&d, path_of("empty"), call), ACCEL_OK);
    FILE_OF("empty", "1");
    assert_int_equal(digest_compare(&d, path_of("empty"), call), ACCEL_EFORMAT);
    expect_file_failure(ACCEL_EFORMAT, call, "empty", ": has 1 bytes, it was saved with 0");
    digest_dispose(&d);
}

static void says_why_it_cannot_read(void **state)
{
    (void)state;
    digest d;
    assert_int_equal(digest_file(&d, path_of("none"), "none"), ACCEL_ENOTFOUND);
    expect_file_failure(ACCEL_ENOTFOUND, "", "none", ": cannot be opened: No such file or directory");
    assert_int_equal(d.count, 0);
    assert_int_equal(digest_compare(&d, path_of("none"), call), ACCEL_ENOTFOUND);
    expect_file_failure(ACCEL_ENOTFOUND, "", "none", ": cannot be opened: No such file or directory");
    assert_int_equal(digest_compare(&d, work_folder, call), ACCEL_EINVAL);
    expect_failure_with(ACCEL_EINVAL, "is not a regular file");
}

static void sees_another_size(void **state)
{
    (void)state;
    FILE_OF("a", "0123456789");
    digest d = digest_of("a");
    FILE_OF("a", "012345678");
    assert_int_equal(digest_compare_size(&d, path_of("a"), call), ACCEL_EFORMAT);
    expect_file_failure(ACCEL_EFORMAT, call, "a", ": has 9 bytes, it was saved with 10");
    FILE_OF("a", "01234567890");
    assert_int_equal(digest_compare(&d, path_of("a"), call), ACCEL_EFORMAT);
    expect_file_failure(ACCEL_EFORMAT, call, "a", ": has 11 bytes, it was saved with 10");
    FILE_OF("a", "9876543210");
    assert_int_equal(digest_compare_size(&d, path_of("a"), call), ACCEL_OK);
    digest_dispose(&d);
}

/* Files are read a megabyte at a time, spans are not of that size. */
static void reads_large_spans(void **state)
{
    (void)state;
    size_t size = (5u << 20) / 2;
    unsigned char *bytes = malloc(size);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 251);
    file_of("large", bytes, size);
    free(bytes);
    digest d = digest_of("large");
    expect_whole(&d, "large");
    assert_int_equal(digest_compare(&d, path_of("large"), call), ACCEL_OK);
    change("large", size - 1);
    assert_int_equal(digest_compare(&d, path_of("large"), call), ACCEL_EFORMAT);
    expect_file_failure(ACCEL_EFORMAT, call, "large",
                        ": is damaged: bytes 0 to 2621440, which are of no tensor, are not those saved");
    digest_dispose(&d);
}

static void adds_spans(void **state)
{
    (void)state;
    digest d = {0};
    char name[16];
    for (unsigned i = 1; i <= 100; i++) {
        snprintf(name, sizeof name, "t%u", i);
        assert_int_equal(digest_add(&d, i, 100 - i, i % 2 ? name : NULL), ACCEL_OK);
        assert_int_equal(digest_size(&d), i);
    }
    assert_int_equal(d.count, 100);
    assert_string_equal(d.spans[98].name, "t99");
    assert_null(d.spans[99].name);
    assert_int_equal(d.spans[31].hash, 68);
    digest_dispose(&d);
    digest_dispose(&d);
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    save("model.safetensors");
    save("pytorch_model.bin");
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "model.safetensors" : "pytorch_model.bin";
        accel_status status = ACCEL_ENOMEM;
        for (size_t nth = 1; status != ACCEL_OK; nth++) {
            digest d;
            memory_fail_at(nth);
            status = digest_file(&d, path_of(name), name);
            if (status == ACCEL_OK)
                status = digest_compare(&d, path_of(name), call);
            memory_fail_at(0);
            assert_true(status == ACCEL_OK || status == ACCEL_ENOMEM);
            accel_error_clear();
            digest_dispose(&d);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tells_tensors_of_safetensors_apart),
        TEST(tells_tensors_of_torch_apart),
        TEST(takes_other_files_whole),
        TEST(takes_empty_files),
        TEST(says_why_it_cannot_read),
        TEST(sees_another_size),
        TEST(reads_large_spans),
        TEST(adds_spans),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The list of a state's files: written, read, compared with what is there, and what is no such list. */
#include "files.h"

#include <accel/checkpoint.h>

#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/manifest.h"

static const char call[] = "list";

/* A folder with weights of both kinds, a file in an inner folder, an empty one, and their list. */
static void make_state(void)
{
    accel_scoped() {
        accel_dict *dict = accel_dict_create();
        accel_dict_set(dict, "weight", FLOATS(ACCEL_SHAPE(4), 1, 2, 3, 4));
        accel_dict_set(dict, "bias", FLOATS(ACCEL_SHAPE(2), 5, 6));
        accel_save(dict, path_of("model.safetensors"));
        accel_save(dict, path_of("pytorch_model.bin"));
    }
    assert_int_equal(mkdir(path_of("inner"), 0777), 0);
    FILE_OF("inner/notes", "some words");
    FILE_OF("empty", "");
    manifest *m = manifest_create();
    static const char *const names[] = {"model.safetensors", "pytorch_model.bin", "inner/notes", "empty"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(manifest_add(m, names[i], path_of(names[i])), ACCEL_OK);
    assert_int_equal(manifest_write(m, work_folder, MANIFEST_NAME), ACCEL_OK);
    manifest_free(m);
}

static manifest *read_list(void)
{
    manifest *m = manifest_read(work_folder, MANIFEST_NAME, call);
    expect_no_failure();
    assert_non_null(m);
    return m;
}

static void change(const char *name, long offset)
{
    FILE *file = fopen(path_of(name), "r+b");
    assert_non_null(file);
    fseek(file, offset, SEEK_END);
    int byte = fgetc(file);
    fseek(file, -1, SEEK_CUR);
    fputc(byte ^ 1, file);
    assert_int_equal(fclose(file), 0);
}

static void reads_what_it_wrote(void **state)
{
    (void)state;
    make_state();
    manifest *m = read_list();
    assert_true(manifest_has(m, "model.safetensors") && manifest_has(m, "inner/notes") &&
                manifest_has(m, "empty"));
    assert_false(manifest_has(m, "inner") || manifest_has(m, MANIFEST_NAME) || manifest_has(m, ""));
    assert_int_equal(manifest_check_sizes(m, work_folder, call), ACCEL_OK);
    assert_int_equal(manifest_check(m, work_folder, NULL, call), ACCEL_OK);
    assert_int_equal(manifest_check(m, work_folder, "model.safetensors", call), ACCEL_OK);
    assert_int_equal(manifest_check(m, work_folder, "no part of it", call), ACCEL_OK);
    manifest_free(m);
    manifest_free(NULL);
}

/* The same files give the same bytes, whatever the order. */
static void writes_one_text(void **state)
{
    (void)state;
    FILE_OF("a", "1");
    FILE_OF("b", "2");
    manifest *one = manifest_create(), *other = manifest_create();
    manifest_add(one, "a", path_of("a"));
    manifest_add(one, "b", path_of("b"));
    manifest_add(other, "b", path_of("b"));
    manifest_add(other, "a", path_of("b"));
    manifest_add(other, "a", path_of("a"));
    manifest_write(one, work_folder, "one");
    manifest_write(other, work_folder, "other");
    char *text = file_read(path_of("one"), NULL), *same = file_read(path_of("other"), NULL);
    assert_string_equal(text, same);
    assert_string_equal(text, "{\"files\":{\"a\":[[1,\"65cd25028f98f158\"]],\"b\":[[1,\"fb95a7322f5da314\"]]},"
                              "\"format\":1}");
    memory_free(text);
    memory_free(same);
    manifest_free(one);
    manifest_free(other);
}

static void joins_lists(void **state)
{
    (void)state;
    FILE_OF("a", "1");
    FILE_OF("b", "2");
    manifest *one = manifest_create(), *other = manifest_create();
    manifest_add(one, "a", path_of("a"));
    manifest_add(other, "a", path_of("b"));
    manifest_add(other, "b", path_of("b"));
    assert_int_equal(manifest_add_all(one, other), ACCEL_OK);
    manifest_free(other);
    assert_true(manifest_has(one, "a") && manifest_has(one, "b"));
    assert_int_equal(manifest_check(one, work_folder, "b", call), ACCEL_OK);
    assert_int_equal(manifest_check(one, work_folder, "a", call), ACCEL_EFORMAT);
    expect_failure_with(ACCEL_EFORMAT, "/a: is damaged");
    manifest_free(one);
}

static void names_what_is_damaged(void **state)
{
    (void)state;
    make_state();
    manifest *m = read_list();
    change("model.safetensors", -1);
    assert_int_equal(manifest_check_sizes(m, work_folder, call), ACCEL_OK);
    assert_int_equal(manifest_check(m, work_folder, "pytorch_model.bin", call), ACCEL_OK);
    for (int i = 0; i < 2; i++) {
        manifest_check(m, work_folder, i ? "model.safetensors" : NULL, call);
        expect_file_failure(ACCEL_EFORMAT, call, "model.safetensors",
                            ": tensor \"weight\" is damaged: its bytes are not those saved");
    }
    change("model.safetensors", -1);
    change("inner/notes", -3);
    manifest_check(m, work_folder, NULL, call);
    expect_file_failure(ACCEL_EFORMAT, call, "inner/notes",
                        ": is damaged: bytes 0 to 10, which are of no tensor, are not those saved");
    change("inner/notes", -3);
    assert_int_equal(manifest_check(m, work_folder, NULL, call), ACCEL_OK);
    manifest_free(m);
}

static void names_another_size(void **state)
{
    (void)state;
    make_state();
    manifest *m = read_list();
    FILE_OF("inner/notes", "some");
    manifest_check_sizes(m, work_folder, call);
    expect_file_failure(ACCEL_EFORMAT, call, "inner/notes", ": has 4 bytes, it was saved with 10");
    manifest_check(m, work_folder, NULL, call);
    expect_file_failure(ACCEL_EFORMAT, call, "inner/notes", ": has 4 bytes, it was saved with 10");
    assert_int_equal(unlink(path_of("inner/notes")), 0);
    manifest_check_sizes(m, work_folder, call);
    expect_file_failure(ACCEL_ENOTFOUND, "", "inner/notes", ": cannot be opened: No such file or directory");
    manifest_free(m);
}

/* ---- what is no list ---- */

static void refuses_what_is_no_list(void **state)
{
    static const struct {
        const char *text;
        accel_status status;
        const char *says;
    } cases[] = {
        {"", ACCEL_EFORMAT, ": is no list of files: "},
        {"nonsense", ACCEL_EFORMAT, ": is no list of files: "},
        {"{\"format\": 1, \"files\": {}", ACCEL_EFORMAT, ": is no list of files: "},
        {"{\"format\": 1, \"files\": {}} x", ACCEL_EFORMAT, ": is no list of files: "},
        {"{\"format\": 1, \"format\": 1, \"files\": {}}", ACCEL_EFORMAT, ": is no list of files: duplicate"},
        {"{\"format\": 1, \"files\": {\"a\": [], \"a\": []}}", ACCEL_EFORMAT, "duplicate object key"},
        {"{\"format\": 1, \"files\": {\"a\\u0000b\": []}}", ACCEL_EFORMAT, ": is no list of files: "},
        {"[]", ACCEL_EFORMAT, ": is no list of files: its keys"},
        {"7", ACCEL_EFORMAT, ": is no list of files: "},
        {"null", ACCEL_EFORMAT, ": is no list of files: "},
        {"{}", ACCEL_EFORMAT, ": is no list of files: its keys"},
        {"{\"format\": 1}", ACCEL_EFORMAT, ": is no list of files: its keys"},
        {"{\"files\": {}}", ACCEL_EFORMAT, ": is no list of files: its keys"},
        {"{\"format\": \"1\", \"files\": {}}", ACCEL_EFORMAT, ": is no list of files: its keys"},
        {"{\"format\": 1.0, \"files\": {}}", ACCEL_EFORMAT, ": is no list of files: its keys"},
        {"{\"format\": true, \"files\": {}}", ACCEL_EFORMAT, ": is no list of files: its keys"},
        {"{\"format\": 1, \"files\": []}", ACCEL_EFORMAT, ": is no list of files: its keys"},
        {"{\"format\": 1, \"files\": null}", ACCEL_EFORMAT, ": is no list of files: its keys"},
        {"{\"format\": 1, \"files\": \"a\"}", ACCEL_EFORMAT, ": is no list of files: its keys"},
        {"{\"format\": 2, \"files\": {}}", ACCEL_EUNSUPPORTED, ": has format 2, this version reads 1"},
        {"{\"format\": 4294967297, \"files\": {}}", ACCEL_EUNSUPPORTED,
         ": has format 4294967297, this version reads 1"},
        {"{\"format\": -1, \"files\": {}}", ACCEL_EUNSUPPORTED, ": has format -1, this version reads 1"},
        {"{\"format\": 1, \"files\": {\"a\": {}}}", ACCEL_EFORMAT, ": \"a\" is no file of the folder"},
        {"{\"format\": 1, \"files\": {\"a\": null}}", ACCEL_EFORMAT, ": \"a\" is no file of the folder"},
        {"{\"format\": 1, \"files\": {\"a\": 1}}", ACCEL_EFORMAT, ": \"a\" is no file of the folder"},
        {"{\"format\": 1, \"files\": {\"a\": \"b\"}}", ACCEL_EFORMAT, ": \"a\" is no file of the folder"},
        {"{\"format\": 1, \"files\": {\"\": []}}", ACCEL_EFORMAT, ": \"\" is no file of the folder"},
        {"{\"format\": 1, \"files\": {\"/etc/passwd\": []}}", ACCEL_EFORMAT, "is no file of the folder"},
        {"{\"format\": 1, \"files\": {\"..\": []}}", ACCEL_EFORMAT, "\"..\" is no file of the folder"},
        {"{\"format\": 1, \"files\": {\"../a\": []}}", ACCEL_EFORMAT, "\"../a\" is no file of the folder"},
        {"{\"format\": 1, \"files\": {\"a/../../b\": []}}", ACCEL_EFORMAT, "is no file of the folder"},
        {"{\"format\": 1, \"files\": {\"a/..\": []}}", ACCEL_EFORMAT, "\"a/..\" is no file of the folder"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        file_of(MANIFEST_NAME, cases[i].text, strlen(cases[i].text));
        manifest *m = manifest_read(work_folder, MANIFEST_NAME, call);
        if (m)
            fail_msg("%s is a list", cases[i].text);
        if (!strstr(accel_error_text(), MANIFEST_NAME))
            fail_msg("%s: \"%s\" does not name the list", cases[i].text, accel_error_text());
        expect_failure_with(cases[i].status, cases[i].says);
    }
    unlink(path_of(MANIFEST_NAME));
    assert_int_equal(mkfifo(path_of(MANIFEST_NAME), 0600), 0); /* nobody writes: opening it must not wait */
    assert_null(manifest_read(work_folder, MANIFEST_NAME, call));
    expect_file_failure(ACCEL_EINVAL, "", MANIFEST_NAME, ": is not a regular file");
    unlink(path_of(MANIFEST_NAME));
    assert_null(manifest_read(work_folder, MANIFEST_NAME, call));
    expect_file_failure(ACCEL_ENOTFOUND, call, MANIFEST_NAME, ": is missing, so that the save is not complete");
}

static void refuses_what_is_no_span(void **state)
{
    static const char *const spans[] = {
        "1",
        "\"a\"",
        "null",
        "{}",
        "[]",
        "[2]",
        "[2, 3]",
        "[\"2\", \"0123456789abcdef\"]",
        "[2.0, \"0123456789abcdef\"]",
        "[-1, \"0123456789abcdef\"]",
        "[2, \"0123456789abcde\"]",
        "[2, \"0123456789abcdef0\"]",
        "[2, \"0123456789abcdeg\"]",
        "[2, \"\"]",
        "[2, \"0123456789abcdef\", 1]",
        "[2, \"0123456789abcdef\", null]",
        "[2, \"0123456789abcdef\", \"a\", \"b\"]",
        "[2, \" 123456789abcdef\"]",
        "[2, \"-123456789abcdef\"]",
        "[2, \"0x23456789abcdef\"]",
        "[2, \"0123456789ABCDEF\"]",
        "[3, \"0123456789abcdef\"], [2, \"0123456789abcdef\"]",
    };
    (void)state;
    FILE_OF("a", "12");
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "{\"format\": 1, \"files\": {\"a\": [%s]}}", spans[i]);
        file_of(MANIFEST_NAME, text, strlen(text));
        manifest *m = read_list();
        accel_status status = manifest_check(m, work_folder, NULL, call);
        if (status != ACCEL_EFORMAT || !strstr(accel_error_text(), "of \"a\" is none"))
            fail_msg("%s: %s", spans[i], accel_error_text());
        accel_error_clear();
        assert_int_equal(manifest_check_sizes(m, work_folder, call), ACCEL_EFORMAT);
        accel_error_clear();
        manifest_free(m);
    }
}

static void refuses_names_that_are_not_utf8(void **state)
{
    (void)state;
    FILE_OF("a\xff", "1");
    manifest *m = manifest_create();
    assert_int_equal(manifest_add(m, "a\xff", path_of("a\xff")), ACCEL_EINVAL);
    expect_failure_with(ACCEL_EINVAL, "its name, or that of a tensor in it, is not UTF-8");
    assert_int_equal(manifest_add(m, "none", path_of("none")), ACCEL_ENOTFOUND);
    expect_file_failure(ACCEL_ENOTFOUND, "", "none", ": cannot be opened: No such file or directory");
    assert_false(manifest_has(m, "none"));
    manifest_free(m);
}

/* Nothing, or the old one, is there when a write fails. */
static void keeps_the_old_one_when_a_write_fails(void **state)
{
    (void)state;
    make_state();
    manifest *m = manifest_create();
    file_fail_write_at(1);
    assert_int_equal(manifest_write(m, work_folder, MANIFEST_NAME), ACCEL_EIO);
    file_fail_write_at(0);
    expect_failure_with(ACCEL_EIO, "cannot be written: No space left on device");
    manifest_free(m);
    m = read_list();
    assert_int_equal(manifest_check(m, work_folder, NULL, call), ACCEL_OK);
    manifest_free(m);
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    make_state();
    bool failed = true;
    for (size_t nth = 1; failed; nth++) {
        memory_fail_at(nth);
        manifest *m = manifest_read(work_folder, MANIFEST_NAME, call), *other = m ? manifest_create() : NULL;
        if (other && manifest_add(other, "model.safetensors", path_of("model.safetensors")) == ACCEL_OK &&
            manifest_add_all(m, other) == ACCEL_OK && manifest_check(m, work_folder, NULL, call) == ACCEL_OK)
            manifest_write(m, work_folder, MANIFEST_NAME);
        memory_fail_at(0);
        failed = accel_error_is_set();
        assert_true(!failed || accel_error_status() == ACCEL_ENOMEM);
        accel_error_clear();
        manifest_free(m);
        manifest_free(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_what_it_wrote),
        TEST(writes_one_text),
        TEST(joins_lists),
        TEST(names_what_is_damaged),
        TEST(names_another_size),
        TEST(refuses_what_is_no_list),
        TEST(refuses_what_is_no_span),
        TEST(refuses_names_that_are_not_utf8),
        TEST(keeps_the_old_one_when_a_write_fails),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Writing what torch.load takes: what is left in $ACCEL_TEST_ORACLE/pickle/written is loaded by oracle_pickle.py --check. */
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

#include <accel/error.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "pickle/describe.h"
#include "pickle/pickler.h"
#include "pickle/reader.h"
#include "pickle/writer.h"
#include "pickle/zip.h"
#include "pickle/zip_writer.h"

/* <oracle>/pickle/<folder><name><ending>, good until the next call. Without the oracle the test is skipped by name. */
static const char *of_oracle(const char *folder, const char *name, const char *ending)
{
    static char path[4096];
    const char *folders = getenv("ACCEL_TEST_ORACLE");
    snprintf(path, sizeof path, "%s/pickle", folders ? folders : "");
    if (!folders || access(path, F_OK) != 0) {
        print_message("skipped, there is no %s\n", path);
        skip();
    }
    snprintf(path, sizeof path, "%s/pickle/written", folders);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/pickle/%s%s%s", folders, folder, name, ending);
    return path;
}

static pickle_file *open_file(const char *path)
{
    pickle_file *file = pickle_open(path);
    if (!file)
        fail_msg("%s", accel_error_text());
    return file;
}

static void write_file(const char *path, const pickle_value *root)
{
    if (pickle_write(path, root) != ACCEL_OK)
        fail_msg("%s", accel_error_text());
}

/* ---- there and back ---- */

static void expect_described(const pickle_value *value, const char *expected)
{
    buffer got = {0};
    describe(&got, value);
    assert_string_equal(got.data, expected);
    buffer_dispose(&got);
}

/* Reads what Python wrote, writes it, and reads that; Python reads it afterwards. */
static void round_trip(const char *name)
{
    char *expected = file_read(of_oracle("", name, ".txt"), NULL);
    assert_non_null(expected);
    pickle_file *file = open_file(of_oracle("", name, ".2.bin"));
    write_file(of_oracle("written/", name, ".bin"), pickle_root(file));
    pickle_close(file);
    file = open_file(of_oracle("written/", name, ".bin"));
    expect_described(pickle_root(file), expected);
    pickle_close(file);
    assert_int_equal(file_write_atomic(of_oracle("written/", name, ".txt"), expected, strlen(expected)),
                     ACCEL_OK);
    memory_free(expected);
}

static void writes_what_it_read(void **state)
{
    static const char *const names[] = {"state_dict", "optimizer", "types", "views",
                                        "parameters", "list",      "string"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        round_trip(names[i]);
}

/* The program of an archive that Python wrote. */
static char *program_of(const char *name, size_t *size)
{
    size_t bytes = 0;
    char *archive = file_read(of_oracle("", name, ".2.bin"), &bytes);
    assert_non_null(archive);
    zip_archive *zip = zip_open("archive", (const unsigned char *)archive, bytes);
    assert_non_null(zip);
    char entry[64];
    snprintf(entry, sizeof entry, "%s.2/data.pkl", name);
    const zip_entry *found = zip_find(zip, entry);
    assert_non_null(found);
    char *program = zip_read(zip, found);
    *size = found->size;
    zip_close(zip);
    memory_free(archive);
    return program;
}

/* Instruction by instruction what Python's pickler writes, its memo included. */
static void writes_as_python_does(void **state)
{
    static const char *const names[] = {"state_dict", "optimizer", "views", "types", "list", "string"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size = 0;
        char *expected = program_of(names[i], &size);
        pickle_file *file = open_file(of_oracle("", names[i], ".2.bin"));
        buffer got = {0};
        pickler_storages storages = {0};
        assert_int_equal(pickler_run(pickle_root(file), &got, &storages), ACCEL_OK);
        assert_int_equal(got.size, size);
        assert_memory_equal(got.data, expected, size);
        buffer_dispose(&got);
        memory_free(storages.at);
        pickle_close(file);
        memory_free(expected);
    }
}

/* ---- values made here ---- */

static pickle_value *make_everything(pickle_arena *a)
{
    static const int64_t integers[] = {0,
                                       255,
                                       256,
                                       65535,
                                       65536,
                                       -1,
                                       INT32_MIN,
                                       INT32_MAX,
                                       (int64_t)INT32_MAX + 1,
                                       -129,
                                       INT64_C(1) << 39,
                                       INT64_MIN,
                                       INT64_MAX};
    static const double reals[] = {0.0, -0.0, 0.1, 1e308, (double)INFINITY};
    pickle_value *root = pickle_container(a, PICKLE_DICT), *list = pickle_container(a, PICKLE_LIST);
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        pickle_append(a, list, pickle_integer(a, integers[i]));
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        pickle_append(a, list, pickle_real(a, reals[i]));
    pickle_append(a, list, pickle_none(a));
    pickle_append(a, list, pickle_boolean(a, true));
    pickle_append(a, list, pickle_text_of(a, PICKLE_BYTES, "\0\x7f\x80\xff", 4));
    pickle_append(a, list, pickle_text_of(a, PICKLE_BYTES, "", 0));
    pickle_append(a, list, pickle_string(a, "naïve"));
    pickle_set(a, root, pickle_string(a, "list"), list);
    pickle_value *many = pickle_container(a, PICKLE_LIST), *dict = pickle_container(a, PICKLE_DICT);
    for (int i = 0; i < 2001; i++) {
        pickle_append(a, many, pickle_integer(a, i));
        pickle_set(a, dict, pickle_integer(a, i), pickle_container(a, PICKLE_TUPLE));
    }
    pickle_set(a, root, pickle_string(a, "many"), many);
    pickle_set(a, root, pickle_integer(a, 7), dict);
    pickle_set(a, root, pickle_string(a, "many again"), many);
    return root;
}

static void leave_for_python(const char *name, const pickle_value *root)
{
    buffer text = {0};
    describe(&text, root);
    write_file(of_oracle("written/", name, ".bin"), root);
    assert_int_equal(file_write_atomic(of_oracle("written/", name, ".txt"), text.data, text.size), ACCEL_OK);
    pickle_file *file = open_file(of_oracle("written/", name, ".bin"));
    expect_described(pickle_root(file), text.data);
    pickle_close(file);
    buffer_dispose(&text);
}

static void writes_plain_data(void **state)
{
    (void)state;
    pickle_arena *arena = pickle_arena_create();
    leave_for_python("everything", make_everything(arena));
    pickle_arena_destroy(arena);
}

/* More files than the first version of zip can count. */
static void writes_many_storages(void **state)
{
    enum { MANY = 70000 };
    (void)state;
    pickle_arena *arena = pickle_arena_create();
    pickle_storage *storages = memory_alloc(MANY, sizeof *storages);
    pickle_value *list = pickle_container(arena, PICKLE_LIST);
    unsigned char *bytes = memory_alloc(MANY, 1);
    for (size_t i = 0; i < MANY; i++) {
        bytes[i] = (unsigned char)(i % 251);
        storages[i] = (pickle_storage){.data = &bytes[i], .size = 1, .dtype = PICKLE_uint8};
        const pickle_tensor tensor = {.storage = &storages[i], .dtype = PICKLE_uint8};
        pickle_append(arena, list, pickle_tensor_of(arena, &tensor));
    }
    leave_for_python("many_storages", list);
    memory_free(bytes);
    memory_free(storages);
    pickle_arena_destroy(arena);
}

/* ---- failures ---- */

static void keeps_what_was_there(void **state)
{
    (void)state;
    pickle_arena *arena = pickle_arena_create();
    const pickle_value *root = make_everything(arena);
    assert_int_equal(file_write_atomic("kept.bin", "old", 3), ACCEL_OK);
    size_t writes = 0;
    for (bool failed = true; failed; writes++) {
        file_fail_write_at(writes + 1);
        failed = pickle_write("kept.bin", root) != ACCEL_OK;
        if (failed)
            assert_string_equal(accel_error_last()->message,
                                "kept.bin: cannot be written: No space left on device");
        accel_error_clear();
        size_t size = 0;
        char *now = file_read("kept.bin", &size);
        assert_true(failed == (size == 3));
        memory_free(now);
    }
    file_fail_write_at(0);
    assert_true(writes > 10);
    pickle_arena_destroy(arena);
}

static void records_every_failed_allocation(void **state)
{
    (void)state;
    pickle_arena *arena = pickle_arena_create();
    const pickle_value *root = make_everything(arena);
    bool failed = true;
    for (size_t nth = 1; failed; nth++) {
        memory_fail_at(nth);
        failed = pickle_write("memory.bin", root) != ACCEL_OK;
        assert_true(!failed || accel_error_status() == ACCEL_ENOMEM);
        memory_fail_at(0);
        accel_error_clear();
    }
    failed = true;
    for (size_t nth = 1; failed; nth++) {
        memory_fail_at(nth);
        pickle_file *file = pickle_open("memory.bin");
        failed = !file;
        assert_true(failed == (accel_error_status() == ACCEL_ENOMEM));
        pickle_close(file);
        memory_fail_at(0);
        accel_error_clear();
    }
    pickle_arena_destroy(arena);
}

static void refuses_arrays(void **state)
{
    (void)state;
    pickle_file *file = open_file(of_oracle("", "arrays", ".2.bin"));
    assert_int_equal(pickle_write("arrays.bin", pickle_root(file)), ACCEL_EUNSUPPORTED);
    assert_string_equal(accel_error_last()->message, "an array is not written to pickles");
    assert_int_equal(access("arrays.bin", F_OK), -1);
    accel_error_clear();
    pickle_close(file);
}

static int start(void **state)
{
    (void)state;
    accel_error_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(writes_what_it_read, start),
        cmocka_unit_test_setup(writes_as_python_does, start),
        cmocka_unit_test_setup(writes_plain_data, start),
        cmocka_unit_test_setup(writes_many_storages, start),
        cmocka_unit_test_setup(keeps_what_was_there, start),
        cmocka_unit_test_setup(records_every_failed_allocation, start),
        cmocka_unit_test_setup(refuses_arrays, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

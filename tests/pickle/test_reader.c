/* Reading what torch.save wrote, and refusing everything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/error.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "pickle/describe.h"
#include "pickle/machine.h"
#include "pickle/reader.h"
#include "pickle/zip.h"
#include "pickle/zip_writer.h"

/* Where a file of the oracle is, good until the next call. Without the oracle the test is skipped by name. */
static const char *of_oracle(const char *name, const char *ending)
{
    static char path[4096];
    const char *folders = getenv("ACCEL_TEST_ORACLE");
    snprintf(path, sizeof path, "%s/pickle/%s%s", folders ? folders : "", name, ending);
    if (!folders || access(path, F_OK) != 0) {
        print_message("skipped, there is no %s\n", path);
        skip();
    }
    return path;
}

/* The last call failed like that; forgets it. */
static void expect_failure(accel_status status, const char *message)
{
    if (accel_error_status() != status || !strstr(accel_error_text(), message))
        fail_msg("expected %s with \"%s\", got %s \"%s\"", accel_status_name(status), message,
                 accel_status_name(accel_error_status()), accel_error_text());
    accel_error_clear();
}

static int start(void **state)
{
    (void)state;
    accel_error_clear();
    return 0;
}

/* ---- what Python wrote ---- */

static void expect_described(const char *name, const char *ending)
{
    pickle_file *file = pickle_open(of_oracle(name, ending));
    if (!file)
        fail_msg("%s", accel_error_text());
    buffer got = {0};
    describe(&got, pickle_root(file));
    char *expected = file_read(of_oracle(name, ".txt"), NULL);
    assert_non_null(expected);
    if (strcmp(got.data, expected) != 0)
        fail_msg("%s%s: expected\n%.800s\ngot\n%.800s", name, ending, expected, got.data);
    memory_free(expected);
    buffer_dispose(&got);
    pickle_close(file);
}

static void reads_what_python_wrote(void **state)
{
    static const char *const names[] = {"state_dict", "optimizer",     "plain",  "types", "views",
                                        "parameters", "random_states", "arrays", "list",  "string"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect_described(names[i], ".2.bin");
        expect_described(names[i], ".4.bin");
        if (strcmp(names[i], "arrays") != 0 && strcmp(names[i], "random_states") != 0)
            expect_described(names[i], ".5.bin");
    }
}

static void reads_compressed_archives(void **state)
{
    (void)state;
    expect_described("state_dict", ".deflated.bin");
    expect_described("views", ".deflated.bin");
}

/* Tensors of one storage are views of one span. */
static void shares_storages(void **state)
{
    (void)state;
    pickle_file *file = pickle_open(of_oracle("views", ".2.bin"));
    assert_non_null(file);
    const pickle_value *all = pickle_get(pickle_root(file), "all"),
                       *part = pickle_get(pickle_root(file), "part");
    assert_ptr_equal(all->tensor.storage, part->tensor.storage);
    assert_ptr_not_equal(all->tensor.storage, pickle_get(pickle_root(file), "expanded")->tensor.storage);
    pickle_close(file);
}

static void expect_refused(const char *name, accel_status status, const char *message)
{
    assert_null(pickle_open(of_oracle(name, ".bin")));
    expect_failure(status, message);
}

static void runs_nothing(void **state)
{
    (void)state;
    expect_refused("evil", ACCEL_EUNSUPPORTED,
                   "needs Python's \"posix.system\", which is not run: tensors and plain data are read");
    expect_refused("negated", ACCEL_EUNSUPPORTED,
                   "a tensor is a conjugated or negated view: save a copy, tensor.clone()");
    expect_refused("module", ACCEL_EUNSUPPORTED, "needs Python's \"torch.nn.modules.container.Sequential\"");
}

static void advises_on_old_files(void **state)
{
    (void)state;
    expect_refused(
        "legacy", ACCEL_EUNSUPPORTED,
        "is a pickle in the format from before torch 1.6: load it in Python and torch.save it again");
    expect_refused("bare", ACCEL_EUNSUPPORTED, "is a pickle in the format from before torch 1.6");
}

static void refuses_other_files(void **state)
{
    (void)state;
    assert_null(pickle_open("missing.bin"));
    expect_failure(ACCEL_ENOTFOUND, "missing.bin: cannot be opened: No such file or directory");
    assert_null(pickle_from_memory("empty", "", 0));
    expect_failure(ACCEL_EFORMAT, "empty: is empty");
    assert_null(pickle_from_memory("text", "some text", 9));
    expect_failure(ACCEL_EFORMAT, "text: is not a file that torch.save wrote");
    zip_writer *zip = zip_writer_open("other.zip");
    zip_writer_add(zip, "a/b/data.pkl", "N.", 2);
    zip_writer_add(zip, "data.pkl", "N.", 2);
    assert_int_equal(file_writer_commit(zip_writer_end(zip)), ACCEL_OK);
    assert_null(pickle_open("other.zip"));
    expect_failure(ACCEL_EFORMAT, "other.zip: is a zip archive without data.pkl: torch.save did not write it");
}

/* Every cut is noticed, and every byte of the pickle and of the directory may be wrong. */
static void survives_damage(void **state)
{
    (void)state;
    size_t size = 0;
    char *bytes = file_read(of_oracle("state_dict", ".2.bin"), &size);
    assert_non_null(bytes);
    for (size_t cut = 0; cut < size; cut++) {
        char *copy = malloc(cut ? cut : 1);
        memcpy(copy, bytes, cut);
        assert_null(pickle_from_memory("cut", copy, cut));
        assert_true(accel_error_status() == ACCEL_EFORMAT);
        accel_error_clear();
        free(copy);
    }
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 0x55;
        pickle_file *file = pickle_from_memory("changed", bytes, size);
        assert_true((file == NULL) == accel_error_is_set());
        pickle_close(file);
        accel_error_clear();
        bytes[at] ^= 0x55;
    }
    memory_free(bytes);
}

/* ---- programs ---- */

static void write_archive(const char *program, size_t size, const char *storage, size_t storage_size)
{
    zip_writer *zip = zip_writer_open("hand.bin");
    zip_writer_add(zip, "x/data.pkl", program, size);
    zip_writer_add(zip, "x/data/0", storage, storage_size);
    assert_int_equal(file_writer_commit(zip_writer_end(zip)), ACCEL_OK);
}

/* Of a storage with the key 0 and four bytes. */
static void refuses(const char *program, size_t size, accel_status status, const char *message)
{
    write_archive(program, size, "abcd", 4);
    assert_null(pickle_open("hand.bin"));
    expect_failure(status, message);
}
#define REFUSES(program, status, message) refuses(program, sizeof(program) - 1, status, message)

static void refuses_wrong_programs(void **state)
{
    (void)state;
    REFUSES("", ACCEL_EFORMAT, "hand.bin: is a damaged pickle: it ends within an instruction, at byte 0");
    REFUSES("\x80\x02", ACCEL_EFORMAT, "it ends within an instruction");
    REFUSES("\x80\x06N.", ACCEL_EUNSUPPORTED, "is a pickle of protocol 6; 2 to 5 are read");
    REFUSES("\x80\x02.", ACCEL_EFORMAT, "a value is missing");
    REFUSES("(.", ACCEL_EFORMAT, "a value is missing");
    REFUSES("Na.", ACCEL_EFORMAT, "items are added to something that has none");
    REFUSES("]Ns.", ACCEL_EFORMAT, "items are added to something that has none");
    REFUSES("}(Nu.", ACCEL_EFORMAT, "a key has no value");
    REFUSES("t.", ACCEL_EFORMAT, "a mark is missing");
    REFUSES("u.", ACCEL_EFORMAT, "a mark is missing");
    REFUSES("1.", ACCEL_EFORMAT, "a mark is missing");
    REFUSES("0.", ACCEL_EFORMAT, "a value is missing");
    REFUSES("Nq\x90.", ACCEL_EFORMAT, "a memo has a number that is too high");
    REFUSES("Nr\xff\xff\xff\xff.", ACCEL_EFORMAT, "a memo has a number that is too high");
    REFUSES("h\0.", ACCEL_EFORMAT, "a memo is used that nothing was put in");
    REFUSES("X\xff\xff\xff\xffx.", ACCEL_EFORMAT, "it ends within an instruction");
    REFUSES("X\2\0\0\0\xc3\x28.", ACCEL_EFORMAT, "a string is not UTF-8");
    REFUSES("X\1\0\0\0\xc3.", ACCEL_EFORMAT, "a string is not UTF-8");
    REFUSES("ctorch\nload\n.", ACCEL_EUNSUPPORTED, "needs Python's \"torch.load\"");
    REFUSES("ctorch\n", ACCEL_EFORMAT, "it ends within an instruction");
    REFUSES("N)R.", ACCEL_EFORMAT, "something is called that is no function");
    REFUSES("cnumpy\nndarray\n)R.", ACCEL_EFORMAT, "something is called that is no function");
    REFUSES("ccollections\nOrderedDict\nNR.", ACCEL_EFORMAT, "a call has no arguments");
    REFUSES("}}b.", ACCEL_EFORMAT, "a state is given to something that has none");
    REFUSES("I1\n.", ACCEL_EUNSUPPORTED, "has the pickle instruction 0x49, which is not read");
    REFUSES("\x8f.", ACCEL_EUNSUPPORTED, "has the pickle instruction 0x8f, which is not read");
    REFUSES("NQ.", ACCEL_EFORMAT, "a storage is not described as one");
}

static void refuses_values_that_do_not_end(void **state)
{
    (void)state;
    REFUSES("]q\0h\0a.", ACCEL_EFORMAT, "hand.bin: what it holds holds itself");
    REFUSES("ccollections\nOrderedDict\n)Rq\0}X\1\0\0\0ah\0sb.", ACCEL_EFORMAT, "holds itself");
    buffer deep = {0}, wide = {0};
    for (int i = 0; i < 1000; i++)
        buffer_append_string(&deep, "]");
    for (int i = 0; i < 999; i++)
        buffer_append_string(&deep, "a");
    buffer_append_string(&deep, ".");
    refuses(deep.data, deep.size, ACCEL_EFORMAT, "what it holds is nested too deeply");
    buffer_append_string(&wide, "N");
    for (int i = 0; i < 40; i++)
        buffer_append_string(&wide, "2\x86"); /* twice what was there, as a pair */
    buffer_append_string(&wide, ".");
    refuses(wide.data, wide.size, ACCEL_EFORMAT, "what it holds holds too many values");
    buffer_dispose(&deep);
    buffer_dispose(&wide);
}

/* ("storage", torch.<CLASS>, "0", "cpu", <COUNT>) */
#define STORAGE(class, count)                                                                                  \
    "(X\7\0\0\0storagectorch\n" class "\nX\1\0\0\0"                                                            \
                                      "0X\3\0\0\0cpu" count "tQ"
#define TENSOR(storage, offset, sizes, strides)                                                                \
    "ctorch._utils\n_rebuild_tensor_v2\n(" storage offset sizes strides "\x89)tR"

static void refuses_tensors_outside_their_storage(void **state)
{
    (void)state;
    write_archive(TENSOR(STORAGE("ByteStorage", "K\4"), "K\0", "K\4\x85", "K\1\x85") ".",
                  sizeof TENSOR(STORAGE("ByteStorage", "K\4"), "K\0", "K\4\x85", "K\1\x85"), "abcd", 4);
    pickle_file *file = pickle_open("hand.bin");
    assert_non_null(file);
    assert_memory_equal(pickle_root(file)->tensor.storage->data, "abcd", 4);
    pickle_close(file);
    static const char beyond[] = "a tensor reaches beyond its storage";
    REFUSES(TENSOR(STORAGE("ByteStorage", "K\4"), "K\1", "K\4\x85", "K\1\x85") ".", ACCEL_EFORMAT, beyond);
    REFUSES(TENSOR(STORAGE("ByteStorage", "K\4"), "K\0", "K\2\x85", "K\4\x85") ".", ACCEL_EFORMAT, beyond);
    REFUSES(TENSOR(STORAGE("ByteStorage", "K\4"), "K\5", "K\0\x85", "K\1\x85") ".", ACCEL_EFORMAT, beyond);
    REFUSES(TENSOR(STORAGE("ByteStorage", "K\4"), "J\xff\xff\xff\xff", "K\1\x85", "K\1\x85") ".", ACCEL_EFORMAT,
            beyond);
    REFUSES(TENSOR(STORAGE("ByteStorage", "K\4"), "K\0", "\x8a\x08\0\0\0\0\0\0\0\x40K\4\x86", "K\0K\0\x86") ".",
            ACCEL_EFORMAT, beyond);
    REFUSES(TENSOR(STORAGE("ByteStorage", "K\4"), "K\0", "K\2\x85",
                   "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85") ".",
            ACCEL_EFORMAT, beyond);
    REFUSES(TENSOR(STORAGE("ByteStorage", "K\4"), "K\0", "J\xff\xff\xff\xff\x85", "K\1\x85") ".", ACCEL_EFORMAT,
            "a size or stride is not an integer from 0");
    REFUSES(TENSOR(STORAGE("ByteStorage", "K\4"), "K\0", "K\2\x85", ")") ".", ACCEL_EFORMAT,
            "a tensor has not as many strides as sizes");
    REFUSES(TENSOR(STORAGE("FloatStorage", "K\2"), "K\0", "K\1\x85", "K\1\x85") ".", ACCEL_EFORMAT,
            "storage \"0\" of 8 bytes is shorter in the archive");
    REFUSES(TENSOR(STORAGE("float32", "K\1"), "K\0", "K\1\x85", "K\1\x85") ".", ACCEL_EFORMAT,
            "a storage is not described as one");
    REFUSES("(" STORAGE("FloatStorage", "K\1") STORAGE("ByteStorage", "K\3") "t.", ACCEL_EFORMAT,
            "a storage has two sizes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(reads_what_python_wrote, start),
        cmocka_unit_test_setup(reads_compressed_archives, start),
        cmocka_unit_test_setup(shares_storages, start),
        cmocka_unit_test_setup(runs_nothing, start),
        cmocka_unit_test_setup(advises_on_old_files, start),
        cmocka_unit_test_setup(refuses_other_files, start),
        cmocka_unit_test_setup(survives_damage, start),
        cmocka_unit_test_setup(refuses_wrong_programs, start),
        cmocka_unit_test_setup(refuses_values_that_do_not_end, start),
        cmocka_unit_test_setup(refuses_tensors_outside_their_storage, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

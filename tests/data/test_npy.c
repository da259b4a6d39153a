/* NumPy's array files, well formed and not. */
#include <accel/npy.h>

#include "files.h"
#include "python_files.h"
#include "oracle.h"

static void reads_what_numpy_writes(void **state)
{
    (void)state;
    json_t *names = python_json("arrays.json"), *name;
    accel_dict *expected = open_oracle("npy", "files", "arrays");
    size_t i;
    assert_true(json_array_size(names) > 100);
    json_array_foreach(names, i, name)
    {
        char file[64];
        snprintf(file, sizeof file, "%s.npy", json_string_value(name));
        accel_tensor *array = accel_npy_load(python_file(file));
        expect_same(file, array, accel_dict_get(expected, json_string_value(name)));
        accel_free(array);
    }
    json_decref(names);
    accel_free(expected);
}

static void keeps_the_strides_of_fortran_order(void **state)
{
    (void)state;
    accel_tensor *array = accel_npy_load(python_file("float32_3x4_F.npy"));
    assert_int_equal(accel_tensor_stride(array, 0), 1);
    assert_int_equal(accel_tensor_stride(array, 1), 3);
    accel_free(array);
}

static void changes_stay_in_memory(void **state)
{
    (void)state;
    accel_tensor *array = accel_npy_load(python_file("float32_7_C.npy"));
    accel_tensor *sevens = accel_full(7, ACCEL_FLOAT32, ACCEL_SHAPE(7));
    accel_tensor_assign(array, sevens);
    expect_same("array", array, sevens);
    accel_tensor *again = accel_npy_load(python_file("float32_7_C.npy"));
    assert_memory_not_equal(accel_tensor_data(again), accel_tensor_data(sevens), 28);
    accel_free(again);
    accel_free(sevens);
    accel_free(array);
}

static void refuses_types_that_tensors_cannot_have(void **state)
{
    (void)state;
    static const struct {
        const char *file, *text;
        accel_status status;
    } cases[] = {
        {"refused_complex.npy", "its items are of type \"<c8\"", ACCEL_EUNSUPPORTED},
        {"refused_text.npy", "its items are of type \"<U2\"", ACCEL_EUNSUPPORTED},
        {"refused_big.npy", "its items are of type \">f4\"", ACCEL_EUNSUPPORTED},
        {"refused_objects.npy", "its items are of type \"|O\"", ACCEL_EUNSUPPORTED},
        {"refused_uint32.npy", "tensors have no type for u4 items", ACCEL_EUNSUPPORTED},
        {"refused_record.npy", "its items are of type \"[('a', '<f4'), ('b', '<i4')]\"", ACCEL_EUNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        EXPECT_REFUSED(accel_npy_load(python_file(cases[i].file)), cases[i].status, cases[i].text);
}

/* A file with that header, and so many bytes behind it. */
static const char *array_file(const char *header, size_t items)
{
    char bytes[512] = "\x93NUMPY\x01\x00";
    size_t length = strlen(header);
    bytes[8] = (char)length;
    memcpy(bytes + 10, header, length);
    memset(bytes + 10 + length, 0, items);
    return file_of("t.npy", bytes, 10 + length + items);
}

static void refuses_damaged_headers(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "",
        "{",
        "{}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'other': 1, 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a', '<f4'), 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a]', '<f4')",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        if (accel_npy_load(array_file(headers[i], 4)))
            fail_msg("%s is read", headers[i]);
        expect_file_failure(ACCEL_EFORMAT, "accel_npy_load", "t.npy", ": has a damaged header");
    }
    EXPECT_REFUSED(accel_npy_load(array_file("{'descr': '<f3', 'fortran_order': False, 'shape': (1,)}", 4)),
                   ACCEL_EUNSUPPORTED, "its items are of type \"<f3\"");
}

#define ONES_32 "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"

static void an_array_has_up_to_64_dimensions(void **state)
{
    (void)state;
    accel_tensor *array = accel_npy_load(
        array_file("{'descr': '<f4', 'fortran_order': False, 'shape': (" ONES_32 "," ONES_32 ")}", 4));
    expect_no_failure();
    assert_int_equal(accel_tensor_rank(array), 64);
    accel_free(array);
    EXPECT_REFUSED(accel_npy_load(array_file(
                       "{'descr': '<f4', 'fortran_order': False, 'shape': (" ONES_32 "," ONES_32 ",1)}", 4)),
                   ACCEL_EUNSUPPORTED, "has more than 64 dimensions");
}

static void refuses_files_that_end_too_early(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693951,)}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        EXPECT_REFUSED(accel_npy_load(array_file(headers[i], 7)), ACCEL_EFORMAT, "ends before its last item");
    static const char start[] = "\x93NUMPY\x01\x00\xff\xff{";
    for (size_t size = 0; size < sizeof start; size++) {
        EXPECT_REFUSED(accel_npy_load(file_of("t.npy", start, size)), ACCEL_EFORMAT,
                       size < 6 ? "is not a NumPy array file" : "has a damaged header");
    }
}

static void items_may_be_at_any_place(void **state)
{
    (void)state;
    char header[] = "{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2), }        ";
    for (int i = 0; i < 8; i++) {
        accel_tensor *array = accel_npy_load(array_file(header, 16));
        EXPECT_VALUES(array, 0, 0, 0);
        assert_int_equal(accel_tensor_size(array, 1), 2);
        accel_free(array);
        header[strlen(header) - 1] = '\0';
    }
}

static void names_the_file_that_is_not_there(void **state)
{
    (void)state;
    EXPECT_REFUSED(accel_npy_load(NULL), ACCEL_EINVAL, "accel_npy_load: path is NULL");
    EXPECT_REFUSED(accel_npy_load(path_of("none")), ACCEL_ENOTFOUND, "cannot be opened");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_what_numpy_writes),          TEST(keeps_the_strides_of_fortran_order),
        TEST(changes_stay_in_memory),           TEST(refuses_types_that_tensors_cannot_have),
        TEST(refuses_damaged_headers),          TEST(refuses_files_that_end_too_early),
        TEST(an_array_has_up_to_64_dimensions), TEST(items_may_be_at_any_place),
        TEST(names_the_file_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

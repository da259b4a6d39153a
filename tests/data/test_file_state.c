/* Files that change while a dataset has them open. */
#include <fcntl.h>

#include "files.h"
#include "data/number_rows.h"

static void rows_of_a_file_that_got_shorter(void **state)
{
    (void)state;
    const char *path = FILE_OF("t.csv", "n\n1\n2\n3\n");
    accel_scoped() {
        accel_dataset *dataset = accel_record_dataset(path, .transform = number_of);
        assert_int_equal(truncate(path, 4), 0);
        assert_string_equal(numbers_of(dataset, 1), "");
        expect_file_failure(ACCEL_EIO, "accel_loader_next", "t.csv",
                            ": the file had 8 bytes when it was opened, and has 4");
    }
}

/* Writes bytes over those of a file, later than anything before. */
static void write_over(const char *path, off_t offset, const char *text)
{
    const struct timespec later[2] = {{.tv_sec = 4102444800}, {.tv_sec = 4102444800}};
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, text, strlen(text), offset), (ssize_t)strlen(text));
    assert_int_equal(futimens(fd, later), 0);
    close(fd);
}

static void rows_of_a_file_that_was_written_to(void **state)
{
    (void)state;
    const char *path = FILE_OF("t.csv", "n\n1\n2\n3\n");
    accel_scoped() {
        accel_dataset *dataset = accel_record_dataset(path, .transform = number_of);
        write_over(path, 4, "\n5");
        assert_string_equal(numbers_of(dataset, 1), "");
        expect_file_failure(ACCEL_EIO, "accel_loader_next", "t.csv",
                            ": the file was written to after it was opened");
    }
}

/* It is open: what bears its name now is another file's business. */
static void rows_of_a_file_that_was_replaced(void **state)
{
    (void)state;
    const char *path = FILE_OF("t.csv", "n\n1\n2\n3\n");
    accel_scoped() {
        accel_dataset *dataset = accel_record_dataset(path, .transform = number_of);
        assert_int_equal(rename(FILE_OF("new.csv", "n\n7\n8\n9\n"), path), 0);
        assert_string_equal(numbers_of(dataset, 1), "1 2 3 1 2 3 ");
        expect_no_failure();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_of_a_file_that_got_shorter),
        TEST(rows_of_a_file_that_was_written_to),
        TEST(rows_of_a_file_that_was_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

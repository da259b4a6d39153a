#include "track/folder.h"

#include "track/event.h"
#include "track/event_file.h"

/* The only file of the folder: its path. */
static const char *find_file(void)
{
    static char path[512];
    glob_t found;
    assert_int_equal(glob(in_folder("events*"), 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
    globfree(&found);
    return path;
}

/* The bytes that TensorBoard's own writer has for these, but for who wrote them. */
static void has_these_bytes(void **state)
{
    (void)state;
    static const char expected[] = "\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22"
                                   "\x09\0\0\0\0\0\0\xf8\x3f\x1a\x0d"
                                   "brain.Event:2"
                                   "????"
                                   "\x18\0\0\0\0\0\0\0????"
                                   "\x09\0\0\0\0\0\0\0\x40\x10\xac\x02\x2a\x0a\x0a\x08\x0a\x01"
                                   "a\x15\0\0\0\x3f"
                                   "????";
    journal file = {0};
    buffer event = {0}, records = {0};
    assert_int_equal(event_file_create(&file, folder, 1.5), ACCEL_OK);
    event_value(&event, 2, 300, &(accel_log_value){.name = "a", .number = 0.5});
    assert_int_equal(event.size, 0x18);
    event_file_record(&records, &event);
    assert_null(event.data);
    assert_int_equal(journal_append(&file, records.data, records.size), ACCEL_OK);
    buffer_dispose(&records);
    assert_int_equal(journal_close(&file), ACCEL_OK);

    size_t size = 0;
    unsigned char *content = (unsigned char *)file_read(find_file(), &size);
    assert_int_equal(size, sizeof expected - 1);
    for (size_t i = 0; i < size; i++)
        if (expected[i] != '?')
            assert_int_equal(content[i], (unsigned char)expected[i]);
    memory_free(content);
}

static void names_files_as_tensorboard_does(void **state)
{
    (void)state;
    journal file = {0};
    char host[256] = "", expected[512];
    gethostname(host, sizeof host - 1);
    assert_int_equal(event_file_create(&file, folder, 1234567.9), ACCEL_OK);
    snprintf(expected, sizeof expected, "%s/events.out.tfevents.0001234567.%s.%ld.", folder, host,
             (long)getpid());
    assert_memory_equal(find_file(), expected, strlen(expected));
    assert_int_equal(strspn(find_file() + strlen(expected), "0123456789"),
                     strlen(find_file()) - strlen(expected));
    assert_string_equal(file.path, find_file());
    assert_int_equal(journal_close(&file), ACCEL_OK);
}

/* A process that had this one's number may have left files. */
static void takes_a_name_that_nobody_had(void **state)
{
    (void)state;
    journal file = {0};
    assert_int_equal(event_file_create(&file, folder, 1), ACCEL_OK);
    char *dot = strrchr(file.path, '.'), path[512];
    unsigned number = (unsigned)strtoul(dot + 1, NULL, 10);
    snprintf(path, sizeof path, "%.*s.%u", (int)(dot - file.path), file.path, number + 1);
    assert_int_equal(journal_close(&file), ACCEL_OK);
    assert_int_equal(file_write_atomic(path, "x", 1), ACCEL_OK);
    assert_int_equal(event_file_create(&file, folder, 1), ACCEL_OK);
    snprintf(path + (strrchr(path, '.') - path), 32, ".%u", number + 2);
    assert_string_equal(file.path, path);
    assert_int_equal(journal_close(&file), ACCEL_OK);
}

static void is_closed_after_a_failure(void **state)
{
    (void)state;
    journal file = {0};
    file_fail_write_at(1);
    assert_int_equal(event_file_create(&file, folder, 1), ACCEL_EIO);
    assert_null(file.path);
    accel_error_clear();
    for (size_t nth = 1; nth < 20; nth++) {
        memory_fail_at(nth);
        if (event_file_create(&file, folder, 1) == ACCEL_OK)
            break;
        assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
        assert_null(file.path);
        accel_error_clear();
    }
    memory_fail_at(0);
    assert_non_null(file.path);
    assert_int_equal(journal_close(&file), ACCEL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(has_these_bytes),
        TEST(names_files_as_tensorboard_does),
        TEST(takes_a_name_that_nobody_had),
        TEST(is_closed_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

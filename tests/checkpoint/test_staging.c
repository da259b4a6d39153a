/* Folders that appear when they are complete: over nothing and over an old one, with a disk that fails and a process that dies at
   every step, and what others left or are about to finish. */
#include "files.h"
#include "names.h"

#include <signal.h>
#include <sys/wait.h>

#include <accel/log.h>

#include "base/directory.h"
#include "base/disk.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/manifest.h"
#include "checkpoint/staging.h"

static const char call[] = "save";

static char said[1024];

static void hear(accel_log_level level, const char *text, void *user)
{
    (void)level, (void)user;
    snprintf(said, sizeof said, "%s", text);
}

static int begin(void **state)
{
    said[0] = '\0';
    accel_log_set_callback(hear, NULL);
    return make_folder(state);
}

static int end(void **state)
{
    disk_fail_at(0);
    accel_log_set_callback(NULL, NULL);
    return remove_folder(state);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* ---- states: two files and their list ---- */

static void write_in(const char *folder, const char *name, const char *text)
{
    char *path = file_join(folder, name);
    file_write_atomic(path, text, strlen(text));
    memory_free(path);
}

static void fill(const char *folder, const char *value)
{
    static const char *const names[] = {"optimizer.bin", "own.txt"};
    manifest *m = manifest_create();
    for (size_t i = 0; i < 2; i++) {
        char *path = file_join(folder, names[i]);
        write_in(folder, names[i], value);
        manifest_add(m, names[i], path);
        memory_free(path);
    }
    manifest_write(m, folder, MANIFEST_NAME);
    manifest_free(m);
}

static accel_status save(const char *target, const char *value)
{
    staging *s = staging_open(target, staging_number(), true, call);
    if (!s)
        return accel_error_status();
    fill(staging_folder(s), value);
    return staging_commit(s, call);
}

static void expect_content(const char *folder, const char *name, const char *expected)
{
    char *path = file_join(folder, name), *text = file_read(path, NULL);
    expect_no_failure();
    assert_string_equal(text, expected);
    memory_free(text);
    memory_free(path);
}

static void expect_state(const char *folder, const char *value)
{
    expect_content(folder, "optimizer.bin", value);
    expect_content(folder, "own.txt", value);
    manifest *m = manifest_read(folder, MANIFEST_NAME, call);
    assert_int_equal(manifest_check(m, folder, NULL, call), ACCEL_OK);
    manifest_free(m);
}

/* All names, hidden ones, too. */
static const char parts[] = MANIFEST_NAME " optimizer.bin own.txt";

/* ---- alone ---- */

static void makes_a_hidden_folder(void **state)
{
    (void)state;
    staging *s = staging_open(path_of("a/x"), 0x1234, true, call);
    assert_string_equal(staging_folder(s), path_of("a/.x.saving-0000000000001234"));
    assert_true(file_is_directory(staging_folder(s)));
    staging *other = staging_open(path_of("a/x"), 0x1234, false, call);
    assert_string_equal(staging_folder(other), staging_folder(s));
    staging_abandon(other);
    assert_true(file_is_directory(staging_folder(s)));
    staging_abandon(s);
    staging_abandon(NULL);
    expect_names_in(path_of("a"), "");
}

/* The reference counts what is in a folder of that name. */
static void leaves_series_alone(void **state)
{
    (void)state;
    staging *s = staging_open(path_of("checkpoints/x/"), 0xfedcba9876543210, true, call);
    assert_string_equal(staging_folder(s), path_of(".checkpoints+x.saving-fedcba9876543210"));
    expect_names_in(path_of("checkpoints"), "");
    fill(staging_folder(s), "1");
    assert_int_equal(staging_commit(s, call), ACCEL_OK);
    expect_names_in(work_folder, "checkpoints");
    expect_state(path_of("checkpoints/x"), "1");
}

static void puts_in_place(void **state)
{
    (void)state;
    assert_int_equal(save(path_of("x"), "1"), ACCEL_OK);
    expect_names_in(work_folder, "x");
    expect_names_in(path_of("x"), parts);
    expect_state(path_of("x"), "1");
    expect_no_failure();
}

static void replaces_the_old_one(void **state)
{
    (void)state;
    assert_int_equal(save(path_of("x"), "1"), ACCEL_OK);
    write_in(path_of("x"), "notes", "mine");
    mkdir(path_of("x/inner"), 0777);
    write_in(path_of("x/inner"), "more", "mine, too");
    assert_int_equal(save(path_of("x"), "2"), ACCEL_OK);
    expect_names_in(work_folder, "x");
    expect_names_in(path_of("x"), MANIFEST_NAME " inner notes optimizer.bin own.txt");
    expect_state(path_of("x"), "2");
    expect_content(path_of("x"), "notes", "mine");
    expect_content(path_of("x/inner"), "more", "mine, too");
    assert_string_equal(said, "");
}

static void keeps_what_is_new_of_two(void **state)
{
    (void)state;
    mkdir(path_of("x"), 0777);
    write_in(path_of("x"), "own.txt", "older");
    write_in(path_of("x"), "notes", "mine");
    assert_int_equal(save(path_of("x"), "1"), ACCEL_OK);
    expect_state(path_of("x"), "1");
    expect_content(path_of("x"), "notes", "mine");
}

/* A folder of somebody's weights, say. */
static void refuses_files_that_look_like_a_state(void **state)
{
    (void)state;
    mkdir(path_of("x"), 0777);
    write_in(path_of("x"), "scheduler.bin", "mine");
    assert_int_equal(save(path_of("x"), "1"), ACCEL_EINVAL);
    expect_file_failure(ACCEL_EINVAL, call, "x",
                        ": has scheduler.bin, which is no part of a training state: save into another folder");
    expect_names_in(work_folder, "x");
    expect_content(path_of("x"), "scheduler.bin", "mine");
}

/* Two programs that save under one name. */
static void keeps_what_another_has_saved(void **state)
{
    (void)state;
    staging *s = staging_open(path_of("x"), staging_number(), true, call);
    staging_keep_others(s);
    staging_keep_others(NULL);
    fill(staging_folder(s), "2");
    assert_int_equal(save(path_of("x"), "1"), ACCEL_OK);
    assert_int_equal(staging_commit(s, call), ACCEL_EINVAL);
    expect_file_failure(ACCEL_EINVAL, call, "x", ": is there by now: another program has saved it");
    expect_names_in(work_folder, "x");
    expect_state(path_of("x"), "1");
}

static void abandons(void **state)
{
    (void)state;
    assert_int_equal(save(path_of("x"), "1"), ACCEL_OK);
    staging *s = staging_open(path_of("x"), staging_number(), true, call);
    fill(staging_folder(s), "2");
    staging_abandon(s);
    expect_names_in(work_folder, "x");
    expect_state(path_of("x"), "1");
}

static void commits_nothing_after_a_failure(void **state)
{
    (void)state;
    assert_int_equal(save(path_of("x"), "1"), ACCEL_OK);
    staging *s = staging_open(path_of("x"), staging_number(), true, call);
    fill(staging_folder(s), "2");
    accel_error_raise(ACCEL_EIO, call, "the rest cannot be written");
    assert_int_equal(staging_commit(s, call), ACCEL_EIO);
    expect_failure(ACCEL_EIO, "save: the rest cannot be written");
    expect_names_in(work_folder, "x");
    expect_state(path_of("x"), "1");
}

static void follows_links(void **state)
{
    (void)state;
    mkdir(path_of("disk"), 0777);
    assert_int_equal(symlink("disk/x", path_of("link")), 0);
    mkdir(path_of("disk/x"), 0777);
    assert_int_equal(save(path_of("link"), "1"), ACCEL_OK);
    expect_state(path_of("disk/x"), "1");
    expect_names_in(work_folder, "disk link");
    expect_names_in(path_of("disk"), "x");
    assert_int_equal(save(path_of("disk/../link/"), "2"), ACCEL_OK);
    expect_state(path_of("disk/x"), "2");
    expect_names_in(work_folder, "disk link");
}

static void refuses_what_is_no_place(void **state)
{
    (void)state;
    FILE_OF("file", "x");
    assert_null(staging_open(path_of("file"), 1, true, call));
    expect_file_failure(ACCEL_EINVAL, call, "file", ": is a file, not a folder");
    assert_null(staging_open(path_of("file/x"), 1, true, call));
    expect_file_failure(ACCEL_EIO, "", "file", ": cannot be made a directory: File exists");
    assert_null(staging_open(path_of("none/.."), 1, true, call));
    expect_file_failure(ACCEL_EINVAL, "", "none/..", ": names no folder");
    assert_null(staging_open(path_of("x"), 1, false, call));
    expect_failure_with(
        ACCEL_ENOTFOUND,
        "/.x.saving-0000000000000001: is not there: processes of other machines see another disk");
    expect_names_in(work_folder, "file");
    staging *s = staging_open(path_of("x"), 1, true, call);
    assert_null(staging_open(path_of("x"), 1, true, call));
    expect_failure_with(ACCEL_EIO, ".x.saving-0000000000000001: cannot be made a directory: File exists");
    staging_abandon(s);
}

static void refuses_where_the_process_works(void **state)
{
    char *here = getcwd(NULL, 0);
    (void)state;
    file_make_directories(path_of("x/inner"));
    mkdir(path_of("x-1"), 0777);
    assert_int_equal(chdir(path_of("x/inner")), 0);
    assert_null(staging_open("..", 1, true, call));
    expect_file_failure(ACCEL_EINVAL, call, "x",
                        ": this process works in there: a folder inside of it can be saved into");
    assert_int_equal(save("here", "1"), ACCEL_OK);
    assert_int_equal(chdir(path_of("x-1")), 0);
    assert_int_equal(save("../x", "1"), ACCEL_OK);
    assert_int_equal(chdir(here), 0);
    expect_state(path_of("x"), "1");
    expect_state(path_of("x/inner/here"), "1");
    free(here);
}

static void removes_folders(void **state)
{
    (void)state;
    assert_int_equal(save(path_of("checkpoints/x"), "1"), ACCEL_OK);
    assert_int_equal(save(path_of("x"), "1"), ACCEL_OK);
    assert_int_equal(staging_remove(path_of("checkpoints/x/")), ACCEL_OK);
    expect_names_in(path_of("checkpoints"), "");
    assert_int_equal(staging_remove(path_of("x")), ACCEL_OK);
    expect_names_in(work_folder, "checkpoints");
    assert_int_equal(staging_remove(path_of("x")), ACCEL_ENOTFOUND);
    expect_failure_with(ACCEL_ENOTFOUND, "x");
}

/* ---- a disk that fails, and a process that dies, at every step ---- */

/* A save over an old one with files of somebody's own is the new one, or fails and leaves the old one. */
static void keeps_the_old_one_when_the_disk_fails(void **state)
{
    size_t steps = 1;
    (void)state;
    for (size_t nth = 1; nth <= steps + 1; nth++) {
        assert_int_equal(save(path_of("x"), "1"), ACCEL_OK);
        write_in(path_of("x"), "notes", "mine");
        disk_fail_at(nth);
        bool failed = save(path_of("x"), "2") != ACCEL_OK;
        steps = disk_fail_at(0);
        if (failed)
            expect_failure_with(ACCEL_EIO, "Input/output error");
        staging_sweep(path_of("x"), call);
        expect_state(path_of("x"), failed ? "1" : "2");
        expect_content(path_of("x"), "notes", "mine");
        expect_names_in(work_folder, "x");
    }
}

static void save_and_die(const char *target, size_t nth, bool *died)
{
    int result = 0;
    pid_t child = fork();
    if (child == 0) {
        disk_die_at(nth);
        _exit(save(target, "2") == ACCEL_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    *died = WIFSIGNALED(result);
    assert_true(*died ? WTERMSIG(result) == SIGKILL : WEXITSTATUS(result) == 0);
}

static void survives_death_over_an_old_one(void **state)
{
    bool died = true;
    (void)state;
    for (size_t nth = 1; died; nth++) {
        assert_int_equal(save(path_of("checkpoints/x"), "1"), ACCEL_OK);
        write_in(path_of("checkpoints/x"), "notes", "mine");
        save_and_die(path_of("checkpoints/x"), nth, &died);
        staging_sweep(path_of("checkpoints/x"), call);
        expect_names_in(work_folder, "checkpoints");
        expect_names_in(path_of("checkpoints"), "x");
        expect_content(path_of("checkpoints/x"), "notes", "mine");
        char *value = file_read(path_of("checkpoints/x/own.txt"), NULL);
        assert_true(strcmp(value, "2") == 0 || (died && strcmp(value, "1") == 0));
        expect_state(path_of("checkpoints/x"), value);
        memory_free(value);
    }
}

/* What was complete is there afterwards, under its own name and no other, or it is as if nobody had saved. */
static void expect_own_place(const char *name)
{
    bool died = true;
    size_t came = 0;
    char *parent = file_directory(path_of(name));
    const char *own = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    for (size_t nth = 1; died; nth++) {
        save_and_die(path_of(name), nth, &died);
        staging_sweep(path_of(name), call);
        bool there = file_exists(path_of(name));
        assert_true(there || died);
        expect_names_in(parent, there ? own : "");
        if (there) {
            came++;
            expect_state(path_of(name), "2");
            assert_int_equal(staging_remove(path_of(name)), ACCEL_OK);
        }
        if (strcmp(parent, work_folder) != 0)
            rmdir(parent);
        expect_names_in(work_folder, "");
    }
    assert_true(came >= 2);
    memory_free(parent);
}

static void survives_death_in_a_free_place(void **state)
{
    static const char *const names[] = {"x", "checkpoints/x", "checkpoints/a+b"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        expect_own_place(names[i]);
}

static void takes_no_name_for_another(void **state)
{
    static const char *const names[] = {
        "checkpoints",    "checkpoints+x", "+x", "++x", "+checkpoints+x",
        "checkpoints/+x", "a+b",           ".x", "x-1", "x.saving-0123456789abcdef",
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        expect_own_place(names[i]);
}

/* ---- what others left ---- */

static void leave(const char *name, const char *value)
{
    assert_int_equal(mkdir(path_of(name), 0777), 0);
    fill(path_of(name), value);
}

static void ends_what_was_begun(void **state)
{
    (void)state;
    leave(".new.saving-0123456789abcdef", "1");
    leave(".old.replaced-0123456789abcdef", "1");
    leave(".gone.removing-0123456789abcdef", "1");
    leave(".short.saving-0123456789abcdef", "1");
    FILE_OF(".short.saving-0123456789abcdef/own.txt", "12");
    leave(".part.saving-0123456789abcdef", "1");
    assert_int_equal(unlink(path_of(".part.saving-0123456789abcdef/" MANIFEST_NAME)), 0);
    staging_sweep(path_of("any"), call);
    expect_names_in(work_folder, "new old");
    expect_state(path_of("new"), "1");
    expect_state(path_of("old"), "1");
    assert_non_null(strstr(said, "/old was complete but not in place, and is now"));
}

static void keeps_what_took_its_place(void **state)
{
    (void)state;
    leave("x", "2");
    leave(".x.saving-0123456789abcdef", "1");
    leave(".x.replaced-0123456789abcdef", "1");
    FILE_OF(".x.replaced-0123456789abcdef/notes", "mine");
    staging_sweep(path_of("x"), call);
    expect_names_in(work_folder, "x");
    expect_state(path_of("x"), "2");
    expect_content(path_of("x"), "notes", "mine");
}

static void prefers_what_is_newer(void **state)
{
    (void)state;
    leave(".x.replaced-0000000000000001", "1");
    leave(".x.saving-0000000000000001", "2");
    staging_sweep(path_of("x"), call);
    expect_names_in(work_folder, "x");
    expect_state(path_of("x"), "2");
}

static void touches_nothing_else(void **state)
{
    static const char names[] =
        "..saving-0123456789abcdef .x.kept-0123456789abcdef .x.saving-0123456789ABCDEF "
        ".x.saving-0123456789abcde .x.saving-0123456789abcdef0 .xsaving-0123456789abcdef "
        "x.saving-0123456789abcdef";
    (void)state;
    char copy[sizeof names];
    memcpy(copy, names, sizeof names);
    for (char *name = strtok(copy, " "); name; name = strtok(NULL, " "))
        leave(name, "1");
    FILE_OF(".y.saving-0123456789abcdef", "a file");
    mkdir(path_of("mine"), 0777);
    FILE_OF("mine/notes", "mine");
    assert_int_equal(symlink("mine", path_of(".z.saving-0123456789abcdef")), 0);
    staging_sweep(path_of("x"), call);
    staging_sweep(path_of("none/x"), call);
    assert_int_equal(unlink(path_of(".y.saving-0123456789abcdef")), 0);
    assert_int_equal(unlink(path_of(".z.saving-0123456789abcdef")), 0);
    expect_content(path_of("mine"), "notes", "mine");
    assert_int_equal(staging_remove(path_of("mine")), ACCEL_OK);
    expect_names_in(work_folder, names);
    assert_string_equal(said, "");
}

/* A process with a save under way, complete or not, that waits. */
static pid_t start_save(const char *target, bool complete)
{
    int ends[2];
    char byte = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        staging *s = staging_open(target, 7, true, call);
        if (s && complete)
            fill(staging_folder(s), "2");
        if (s && write(ends[1], "", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return child;
}

static void leaves_what_another_process_holds(void **state)
{
    static const char hidden[] = ".x.saving-0000000000000007";
    (void)state;
    for (int complete = 0; complete < 2; complete++) {
        pid_t child = start_save(path_of("x"), complete);
        staging_sweep(path_of("x"), call);
        expect_names_in(work_folder, hidden);
        expect_names_in(path_of(hidden), complete ? parts : "");
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        staging_sweep(path_of("x"), call);
        expect_names_in(work_folder, complete ? "x" : "");
    }
    expect_state(path_of("x"), "2");
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    bool failed = true;
    for (size_t nth = 1; failed; nth++) {
        memory_fail_at(nth);
        accel_status status = save(path_of("x"), "1");
        memory_fail_at(0);
        failed = status != ACCEL_OK;
        assert_true(!failed || status == ACCEL_ENOMEM);
        accel_error_clear();
        staging_sweep(path_of("x"), call);
        expect_names_in(work_folder, file_exists(path_of("x")) ? "x" : "");
    }
}

/* What cannot be told to be complete stays until it can. */
static void sweeps_nothing_away_without_memory(void **state)
{
    (void)state;
    leave(".y.saving-0123456789abcdef", "1");
    for (size_t nth = 1; file_exists(path_of(".y.saving-0123456789abcdef")); nth++) {
        memory_fail_at(nth);
        staging_sweep(path_of("y"), call);
        memory_fail_at(0);
        expect_no_failure();
    }
    expect_names_in(work_folder, "y");
    expect_state(path_of("y"), "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(makes_a_hidden_folder),
        TEST(leaves_series_alone),
        TEST(puts_in_place),
        TEST(replaces_the_old_one),
        TEST(keeps_what_is_new_of_two),
        TEST(refuses_files_that_look_like_a_state),
        TEST(keeps_what_another_has_saved),
        TEST(abandons),
        TEST(commits_nothing_after_a_failure),
        TEST(follows_links),
        TEST(refuses_what_is_no_place),
        TEST(refuses_where_the_process_works),
        TEST(removes_folders),
        TEST(keeps_the_old_one_when_the_disk_fails),
        TEST(survives_death_over_an_old_one),
        TEST(survives_death_in_a_free_place),
        TEST(takes_no_name_for_another),
        TEST(ends_what_was_begun),
        TEST(keeps_what_took_its_place),
        TEST(prefers_what_is_newer),
        TEST(touches_nothing_else),
        TEST(leaves_what_another_process_holds),
        TEST(survives_failed_allocations),
        TEST(sweeps_nothing_away_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

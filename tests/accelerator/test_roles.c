/* Which process does what: predicates, blocks, functions, and who goes first. */
#include "ranks.h"

#include <fcntl.h>
#include <unistd.h>

/* ---- who ---- */

static int knows_itself(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int rank = accelerator_process_index(acc), count = accelerator_num_processes(acc);
    CHECK(accelerator_is_main_process(acc) == (rank == 0));
    CHECK(accelerator_is_local_main_process(acc) == (rank == 0));
    CHECK(accelerator_is_last_process(acc) == (rank == count - 1));
    for (int i = 0; i < count + 2; i++) {
        CHECK(accelerator_is_process(acc, i) == (rank == i));
        CHECK(accelerator_is_local_process(acc, i) == (rank == i));
    }
    accel_try(err) {
        CHECK(err && !accelerator_is_process(acc, -1));
        CHECK_ERROR(ACCEL_EINVAL, "index must not be negative, got -1");
    }
    return accelerator_finish(acc);
}

/* Four processes that believe to be on two machines. */
static int knows_its_machine(void *user)
{
    (void)user;
    char local[8];
    int rank = atoi(getenv("RANK"));
    snprintf(local, sizeof local, "%d", rank % 2);
    setenv("LOCAL_RANK", local, 1);
    setenv("LOCAL_WORLD_SIZE", "2", 1);
    accelerator *acc = accelerator_create(.timeout = 60);
    CHECK(accelerator_is_main_process(acc) == (rank == 0));
    CHECK(accelerator_is_local_main_process(acc) == (rank % 2 == 0));
    CHECK(accelerator_is_local_process(acc, 1) == (rank % 2 == 1));
    CHECK(accelerator_is_last_process(acc) == (rank == 3));
    int ran = 0;
    accelerator_local_main_process_first(acc) {
        ran++;
    }
    CHECK(ran == 1);
    return accelerator_finish(acc);
}

/* ---- blocks and functions ---- */

static int run_blocks(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int rank = accelerator_process_index(acc), last = accelerator_num_processes(acc) - 1;
    int main_ran = 0, local_ran = 0, last_ran = 0, own_ran = 0, nobodys = 0, nested = 0, left = 0;
    for (int i = 0; i < 3; i++) {
        accelerator_on_main_process(acc) {
            main_ran++;
        }
        accelerator_on_local_main_process(acc)
            local_ran++;
        accelerator_on_last_process(acc)
            last_ran++;
        accelerator_on_process(acc, 1)
            own_ran++;
        accelerator_on_local_process(acc, 100)
            nobodys++;
        accelerator_on_main_process(acc) {
            accelerator_on_main_process(acc) {
                accelerator_on_last_process(acc)
                    nested++;
                break;
            }
            left++;
            continue;
        }
    }
    CHECK(main_ran == (rank == 0 ? 3 : 0) && local_ran == main_ran && left == main_ran);
    CHECK(last_ran == (rank == last ? 3 : 0) && own_ran == (rank == 1 ? 3 : 0) && nobodys == 0);
    CHECK(nested == (rank == 0 && last == 0 ? 3 : 0));
    return accelerator_finish(acc);
}

static accel_status count(void *user)
{
    *(int *)user += 1;
    return ACCEL_OK;
}

static accel_status break_down(void *user)
{
    (void)user;
    return accel_error_raise(ACCEL_EIO, "test", "the disk is full");
}

static int calls_functions(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int rank = accelerator_process_index(acc), last = accelerator_num_processes(acc) - 1, calls = 0;
    CHECK(accelerator_call_on_main_process(acc, count, &calls) == ACCEL_OK && calls == (rank == 0));
    calls = 0;
    CHECK(accelerator_call_on_local_main_process(acc, count, &calls) == ACCEL_OK && calls == (rank == 0));
    calls = 0;
    CHECK(accelerator_call_on_last_process(acc, count, &calls) == ACCEL_OK && calls == (rank == last));
    calls = 0;
    CHECK(accelerator_call_on_process(acc, 1, count, &calls) == ACCEL_OK && calls == (rank == 1));
    calls = 0;
    CHECK(accelerator_call_on_local_process(acc, 0, count, &calls) == ACCEL_OK && calls == (rank == 0));
    accel_try(err) {
        CHECK(err && accelerator_call_on_main_process(acc, NULL, NULL) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EINVAL, "function is NULL");
    }
    accel_try(err) {
        CHECK(err &&
              accelerator_call_on_main_process(acc, break_down, NULL) == (rank == 0 ? ACCEL_EIO : ACCEL_OK));
        calls = 0;
        CHECK(accelerator_call_on_main_process(acc, count, &calls) == (rank == 0 ? ACCEL_EIO : ACCEL_OK) &&
              calls == 0);
    }
    return accelerator_finish(acc);
}

static void divides_work(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, knows_itself);
        run_in(processes, run_blocks);
        run_in(processes, calls_functions);
    }
    run_in(4, knows_its_machine);
}

/* ---- who goes first ---- */

/* The first process makes a file, which all others find when their turn comes. */
static int makes_before_others_look(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    for (int i = 0; i < 20; i++) {
        accelerator_main_process_first(acc) {
            if (accelerator_is_main_process(acc))
                close(open("made", O_CREAT | O_EXCL | O_WRONLY, 0600));
            CHECK(access("made", F_OK) == 0);
        }
        accelerator_wait_for_everyone(acc);
        accelerator_on_last_process(acc) {
            CHECK(unlink("made") == 0);
        }
        accelerator_wait_for_everyone(acc);
    }
    return accelerator_finish(acc);
}

/* However the first process leaves its block, the others get their turn. */
static int leaves_its_block(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    for (int i = 0; i < 3; i++) {
        accelerator_main_process_first(acc) {
            if (accelerator_is_main_process(acc))
                break;
        }
        accelerator_local_main_process_first(acc) {
            continue;
        }
    }
    return accelerator_finish(acc);
}

static int fails_in_its_block(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    bool first = accelerator_is_main_process(acc);
    int ran = 0;
    accelerator_main_process_first(acc) {
        ran++;
        accelerator_on_main_process(acc)
            break_down(NULL);
    }
    CHECK(ran == first && accel_error_status() == (first ? ACCEL_EIO : ACCEL_EPEER));
    CHECK(strstr(accel_error_text(), "the disk is full") != NULL);
    accelerator_finish(acc);
    return 0;
}

static void goes_first(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, makes_before_others_look);
        run_in(processes, leaves_its_block);
        run_in(processes, fails_in_its_block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divides_work),
        cmocka_unit_test(goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which process does what: predicates, blocks, functions, and who goes first. */
#include "ranks.h"

#include <fcntl.h>
#include <unistd.h>

static const char *name_of(const char *format, int number)
{
    static char name[32];
    snprintf(name, sizeof name, format, number);
    return name;
}

/* Whether a file of that name was not there, and is now. */
static bool make_file(const char *format, int number)
{
    int fd = open(name_of(format, number), O_CREAT | O_EXCL | O_WRONLY, 0600);
    return fd >= 0 && close(fd) == 0;
}

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
    accelerator_local_main_process_first(acc) { /* after the first ones of both machines */
        bool late = rank % 2 == 1;
        CHECK(!late || (access("machine.0", F_OK) == 0 && access("machine.2", F_OK) == 0));
        if (!late)
            CHECK(make_file("machine.%d", rank));
        ran++;
    }
    CHECK(ran == 1);
    accelerator_wait_for_everyone(acc);
    if (rank == 0)
        CHECK(unlink("machine.0") == 0 && unlink("machine.2") == 0);
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

static int return_from_block(accelerator *acc)
{
    accelerator_on_main_process(acc) {
        accelerator_on_local_main_process(acc)
            return 1;
    }
    return 0;
}

static bool answer(bool yes, int *asked)
{
    *asked += 1;
    return yes;
}

/* A block is one statement, whose condition is looked at once. */
static int stands_where_statements_stand(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    bool first = accelerator_is_main_process(acc);
    int ran = 0, otherwise = 0, asked = 0;
    CHECK(return_from_block(acc) == first);
    for (int yes = 0; yes < 2; yes++)
        if (yes)
            accelerator_on_main_process(acc)
                ran++;
            else
                otherwise++;
    CHECK(ran == first && otherwise == 1);
    ACCEL_IF_BLOCK(answer(true, &asked))
    ran++;
    CHECK(ran == first + 1 && asked == 1);
    return accelerator_finish(acc);
}

/* As the functions, and as all blocks. */
static int skips_after_a_failure(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int rank = accelerator_process_index(acc), ran = 0;
    accel_try(err) {
        break_down(NULL);
        CHECK(err && accelerator_is_process(acc, rank)); /* can be asked all the same */
        accelerator_on_process(acc, rank)
            ran++;
        accelerator_on_local_process(acc, rank)
            ran++;
        accelerator_on_main_process(acc)
            ran++;
        accelerator_on_last_process(acc)
            ran++;
    }
    accel_try(err) {
        accelerator_on_process(acc, -1)
            ran++;
        CHECK(err && accel_error_status() == ACCEL_EINVAL);
    }
    CHECK(ran == 0);
    return accelerator_finish(acc);
}

static void divides_work(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, knows_itself);
        run_in(processes, run_blocks);
        run_in(processes, calls_functions);
        run_in(processes, stands_where_statements_stand);
        run_in(processes, skips_after_a_failure);
    }
    run_in(4, knows_its_machine);
}

/* ---- who goes first ---- */

/* The first process makes a file at the end of its block, which all others find when their turn comes. */
static int makes_before_others_look(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    for (int i = 0; i < 20; i++) {
        if (!accelerator_is_main_process(acc)) /* about to begin its block */
            CHECK(make_file("waits.%d", accelerator_process_index(acc)));
        accelerator_main_process_first(acc) {
            if (accelerator_is_main_process(acc)) {
                for (int other = 1; other < accelerator_num_processes(acc); other++)
                    while (unlink(name_of("waits.%d", other)) != 0)
                        usleep(100);
                CHECK(make_file("made", 0));
            }
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

static int return_from_first_block(accelerator *acc)
{
    accelerator_main_process_first(acc) {
        return 1;
    }
    return 0;
}

/* However the first process leaves its block, the others get their turn. */
static int leaves_its_block(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int nested = 0;
    for (int i = 0; i < 3; i++) {
        accelerator_main_process_first(acc) {
            if (accelerator_is_main_process(acc))
                break;
        }
        accelerator_local_main_process_first(acc) {
            continue;
        }
        CHECK(return_from_first_block(acc) == 1);
        accelerator_main_process_first(acc)
            accelerator_main_process_first(acc)
                nested++;
    }
    CHECK(nested == 3);
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

/* What another process does in the meantime is named by both. */
static int meets_another_call(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int ran = 0;
    accel_try(err) {
        if (accelerator_is_main_process(acc))
            accelerator_check_trigger(acc);
        else accelerator_main_process_first(acc) {
            ran++;
        }
        CHECK(err && ran == 0);
        CHECK_ERROR(ACCEL_EMISMATCH, "process 0 calls accelerator_check_trigger, process 1 calls "
                                     "accelerator_main_process_first");
    }
    CHECK(accelerator_wait_for_everyone(acc) == ACCEL_OK); /* goes on */
    return accelerator_finish(acc);
}

/* The first process finishes inside its block: there is nobody to wait for any more. */
static int finishes_in_its_block(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    bool first = accelerator_is_main_process(acc);
    int status = 0;
    accelerator_main_process_first(acc) {
        status = accelerator_finish(acc);
        acc = NULL;
    }
    if (first) {
        CHECK(status == 1);
        return 0;
    }
    CHECK(strstr(accel_error_text(), "process 0 has called accelerator_finish already") != NULL);
    accelerator_finish(acc);
    return 0;
}

static accel_tensor *forward_first_part(accel_module *self, accel_tensor *x, void *part)
{
    (void)self;
    return accel_forward(part, x);
}

/* Gradients that are missing are named by each call that all processes make. */
static int names_missing_gradients(void *user)
{
    (void)user;
    for (int i = 0; i < 3; i++) {
        accelerator *acc = accelerator_create(.timeout = 60);
        accel_module *part = accel_linear(2, 2),
                     *model = accel_module_create(.forward = forward_first_part, .user = part);
        accel_module_add(model, "part", part);
        accel_module_add(model, "spare", accel_linear(2, 2));
        accelerator_prepare(acc, model);
        accel_tensor *row = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
        accelerator_backward(acc, accel_sum(accel_forward(model, row))); /* the other may be further already */
        if (i == 0)
            accelerator_check_trigger(acc);
        else if (i == 1)
            accelerator_pad_across_processes(acc, row);
        else accelerator_main_process_first(acc) {
        }
        CHECK(strstr(accel_error_text(), "without a gradient: spare.weight, spare.bias") != NULL);
        accelerator_finish(acc);
    }
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
    run_in(2, meets_another_call);
    run_in(3, meets_another_call);
    run_in(2, finishes_in_its_block);
    run_in(2, names_missing_gradients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divides_work),
        cmocka_unit_test(goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

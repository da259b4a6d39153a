/* States with numbers, and on machines that share no disk: which one is the newest. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "training_run.h"

static accelerator *create_in(const char *project, int64_t limit)
{
    return accelerator_create(.timeout = 60, .data_seed = 7, .project_dir = project,
                              .automatic_checkpoint_naming = true, .total_limit = limit);
}

/* ---- series ---- */

static int number_states(void *user)
{
    (void)user;
    training_run r;
    bool main = true;
    run_some(&r, create_in("series", 2), 3, save_once, NULL);
    main = accelerator_is_main_process(r.acc);
    CHECK(accelerator_save_iteration(r.acc) == 3);
    CHECK(!is_there("series/checkpoints/checkpoint_0"));
    CHECK(is_there("series/checkpoints/checkpoint_1") && is_there("series/checkpoints/checkpoint_2"));
    accelerator_wait_for_everyone(r.acc);
    if (main) { /* what Python would stumble over, and what is not complete */
        CHECK(system("mkdir series/checkpoints/checkpoint_7 && cp -r series/checkpoints/checkpoint_2 "
                     "series/checkpoints/checkpoint_5 && truncate -s -4 "
                     "series/checkpoints/checkpoint_5/optimizer.bin") == 0);
    }
    CHECK(accelerator_load_state(r.acc, NULL) == ACCEL_OK);
    CHECK(accelerator_save_iteration(r.acc) == 8); /* after all that are there */
    CHECK(r.seen == 3);
    CHECK(accelerator_load_state(r.acc, "series/checkpoints/checkpoint_1/") == ACCEL_OK);
    CHECK(accelerator_save_iteration(r.acc) == 8);
    CHECK(accelerator_save_state(r.acc, NULL) == ACCEL_OK);
    CHECK(is_there("series/checkpoints/checkpoint_8"));
    return accelerator_finish(r.acc);
}

/* A program that begins anew does not write over what is there, and removes nothing. */
static int begin_anew(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, create_in("anew", 1), 1, save_once, NULL);
    CHECK(accelerator_finish(r.acc) == 0);
    run_some(&r, create_in("anew", 1), 0, NULL, NULL);
    accel_try(error) {
        accelerator_save_state(r.acc, NULL);
        CHECK_ERROR(ACCEL_EINVAL, "anew: has checkpoint_0 already");
    }
    CHECK(is_there("anew/checkpoints/checkpoint_0"));
    CHECK(accelerator_load_state(r.acc, NULL) == ACCEL_OK);
    CHECK(accelerator_save_state(r.acc, NULL) == ACCEL_OK);
    CHECK(is_there("anew/checkpoints/checkpoint_1") && !is_there("anew/checkpoints/checkpoint_0"));
    return accelerator_finish(r.acc);
}

/* Others that save into the series meanwhile keep theirs. */
static accel_status save_as_another(void *user, accelerator *acc, const char *folder)
{
    (void)user, (void)acc, (void)folder;
    return system("mkdir -p meanwhile/checkpoints/checkpoint_0 && : >meanwhile/checkpoints/checkpoint_0/theirs")
               ? accel_error_raise(ACCEL_EIO, "save_as_another", "no folder")
               : ACCEL_OK;
}

static int keep_another(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, create_in("meanwhile", 1), 0, NULL, NULL);
    accelerator_register_save_state_pre_hook(r.acc, save_as_another, NULL);
    accel_try(error) {
        accelerator_save_state(r.acc, NULL);
        CHECK_ERROR(ACCEL_EINVAL, "checkpoint_0: is there by now: another program has saved it");
    }
    CHECK(is_there("meanwhile/checkpoints/checkpoint_0/theirs"));
    return accelerator_finish(r.acc);
}

/* From a state that is none of the series, too. */
static int go_on_from_another(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, create_in("anew", 1), 1, save_once, "best");
    CHECK(accelerator_finish(r.acc) == 0);
    run_some(&r, create_in("anew", 1), 0, NULL, NULL);
    CHECK(accelerator_load_state(r.acc, "best") == ACCEL_OK);
    CHECK(accelerator_save_iteration(r.acc) == 2);
    CHECK(accelerator_save_state(r.acc, NULL) == ACCEL_OK);
    return accelerator_finish(r.acc);
}

/* A mistake of the program is none of the newest state: it does not go back to an older one. */
static int stay_with_newest(void *user)
{
    training_run r;
    (void)user;
    run_some(&r, create_in("anew", 0), 0, NULL, NULL);
    accelerator_register_for_checkpointing(r.acc, &(accel_checkpointable){"more", &r, no_state, take_nothing});
    accel_try(error) {
        accelerator_load_state(r.acc, NULL);
        CHECK_ERROR(ACCEL_EMISMATCH, "1 object, and 2 are registered");
    }
    return accelerator_finish(r.acc);
}

static int find_none(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, create_in("empty", 0), 0, NULL, NULL);
    accel_try(error) {
        accelerator_load_state(r.acc, NULL);
        CHECK_ERROR(ACCEL_ENOTFOUND, "empty/checkpoints: has no state that is complete");
    }
    return accelerator_finish(r.acc);
}

static void test_series(void **state)
{
    (void)state;
    run_in(1, number_states);
    assert_int_equal(system("rm -rf series"), 0);
    run_in(2, number_states);
    run_in(1, begin_anew);
    run_in(1, keep_another);
    run_in(1, go_on_from_another);
    run_in(1, stay_with_newest);
    run_in(2, find_none);
}

/* ---- machines that share no disk ---- */

/* This process as the only one of its machine, with a disk of its own. */
static void move_to_machine(void)
{
    char name[32];
    snprintf(name, sizeof name, "machine_%s", getenv("RANK"));
    mkdir(name, 0777);
    (void)!chdir(name);
    setenv("LOCAL_RANK", "0", 1);
    setenv("LOCAL_WORLD_SIZE", "1", 1);
}

static int save_on_machines(void *user)
{
    (void)user;
    move_to_machine();
    training_run r;
    run_some(&r, accelerator_create(.timeout = 60, .data_seed = 7), 1, NULL, NULL);
    accel_try(error) {
        accelerator_save_state(r.acc, "state");
        CHECK_ERROR(ACCEL_ENOTFOUND, "save_on_each_node"); /* in both, which go on */
    }
    return accelerator_finish(r.acc);
}

static int save_on_each_machine(void *user)
{
    (void)user;
    move_to_machine();
    training_run r;
    run_some(&r, accelerator_create(.timeout = 60, .data_seed = 7, .save_on_each_node = true), 2, save_once,
             "each");
    CHECK(accelerator_load_state(r.acc, "each") == ACCEL_OK);
    CHECK(accelerator_save_state(r.acc, "each", .async = true) == ACCEL_OK);
    CHECK(accelerator_load_state(r.acc, "each") == ACCEL_OK);
    CHECK(is_there("each/model.safetensors") && is_there("each/accel_manifest.json"));
    CHECK(is_there(accelerator_process_index(r.acc) ? "each/random_states_1.pkl" : "each/random_states_0.pkl"));
    CHECK(accelerator_save_model(r.acc, r.model, "weights") == ACCEL_OK);
    CHECK(accelerator_save(r.acc, accel_state_dict(r.model), "weights/also.bin") == ACCEL_OK);
    CHECK(is_there("weights/model.safetensors") && is_there("weights/also.bin")); /* on each disk */
    CHECK(accelerator_finish(r.acc) == 0);
    run_some(&r, accelerator_create(.timeout = 60, .data_seed = 7, .save_on_each_node = true), 0, NULL, NULL);
    CHECK(accelerator_load_state(r.acc, "each") == ACCEL_OK);
    CHECK(r.seen == 2); /* and its loader is where all are */
    CHECK(accel_item_integer(accel_get(accel_loader_state_dict(r.loader), "samples_seen")) == 4 * RUN_BATCH);
    CHECK(accel_item_integer(accel_get(accel_loader_state_dict(r.loader), "in_loop")) == 1);
    return accelerator_finish(r.acc);
}

static accelerator *create_on_each(int64_t limit)
{
    return accelerator_create(.timeout = 60, .data_seed = 7, .save_on_each_node = true,
                              .project_dir = "project", .automatic_checkpoint_naming = true,
                              .total_limit = limit);
}

/* The newest that all machines have. */
static int find_common(void *user)
{
    (void)user;
    training_run r;
    move_to_machine();
    CHECK(system("rm -rf project") == 0);
    run_some(&r, create_on_each(2), 3, save_once, NULL);
    CHECK(!is_there("project/checkpoints/checkpoint_0") && is_there("project/checkpoints/checkpoint_1"));
    bool lacks = accelerator_process_index(r.acc) == 1;
    accelerator_wait_for_everyone(r.acc);
    CHECK(!lacks || system("rm project/checkpoints/checkpoint_2/optimizer.bin") == 0);
    CHECK(accelerator_load_state(r.acc, NULL) == ACCEL_OK);
    CHECK(r.seen == 2);
    CHECK(accelerator_save_iteration(r.acc) == 3);
    return accelerator_finish(r.acc);
}

static void test_machines(void **state)
{
    (void)state;
    run_in(2, save_on_machines);
    run_in(2, save_on_each_machine);
    run_in(2, find_common);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machines),
        cmocka_unit_test(test_series),
    };
    if (system("rm -rf series anew best meanwhile empty machine_*") != 0)
        return 1; /* what an earlier run left */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Folders of states: what is in them, what is refused, and in which words. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "training_run.h"

/* ---- runs ---- */

static accelerator *create(void) { return accelerator_create(.timeout = 60, .data_seed = 7); }

static void damage(const char *path, long offset)
{
    FILE *file = fopen(path, "r+b");
    fseek(file, offset, offset < 0 ? SEEK_END : SEEK_SET);
    int byte = fgetc(file);
    fseek(file, -1, SEEK_CUR);
    fputc(byte ^ 1, file);
    fclose(file);
}

/* ---- damage ---- */

static int find_damage(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, create(), 1, save_once, "whole");
    CHECK(!accel_error_is_set());
    const struct {
        const char *change, *says;
    } cases[] = {
        {"printf X | dd of=copy/model.safetensors bs=1 seek=500 conv=notrunc",
         "model.safetensors: tensor \"body.weight\" is damaged"},
        {"truncate -s -1 copy/optimizer.bin", "optimizer.bin: has"},
        {"printf X | dd of=copy/random_states_0.pkl bs=1 seek=9000 conv=notrunc",
         "random_states_0.pkl: tensor \"torch_manual_seed\" is damaged"},
        {"printf X | dd of=copy/model.safetensors bs=1 seek=12 conv=notrunc",
         "model.safetensors: is damaged: bytes 0 to"},
        {"rm copy/custom_checkpoint_0.pkl", "custom_checkpoint_0.pkl"},
        {"rm copy/accel_manifest.json", "accel_manifest.json: is missing, so that the save is not complete"},
        {"echo '{}' > copy/accel_manifest.json", "accel_manifest.json"},
        {"echo '{\"format\": 1, \"files\": {\"../x\": []}}' > copy/accel_manifest.json",
         "is no file of the folder"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char command[512];
        snprintf(command, sizeof command, "(rm -rf copy; cp -r whole copy; %s) >/dev/null 2>&1",
                 cases[i].change);
        CHECK(system(command) == 0);
        accel_try(error) {
            accelerator_load_state(r.acc, "copy");
            if (!strstr(error->message, cases[i].says))
                fprintf(stderr, "%s: %s\n", cases[i].change, error->message);
            CHECK(strstr(error->message, cases[i].says) != NULL);
        }
    }
    CHECK(accelerator_load_state(r.acc, "whole") == ACCEL_OK);
    return accelerator_finish(r.acc);
}

static void test_damage(void **state)
{
    (void)state;
    run_in(1, find_damage);
}

/* ---- states of other things ---- */

static int refuse_others(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, create(), 1, save_once, "others");
    accel_try(error) {
        accelerator_register_for_checkpointing(
            r.acc, &(accel_checkpointable){"progress", NULL, no_state, take_nothing});
        CHECK_ERROR(ACCEL_EINVAL, "\"progress\" is registered already");
    }
    accel_try(error) {
        accelerator_register_for_checkpointing(r.acc, &(accel_checkpointable){"more", NULL, no_state, NULL});
        CHECK_ERROR(ACCEL_EINVAL, "are needed");
    }
    accelerator_register_for_checkpointing(r.acc,
                                           &(accel_checkpointable){"more", NULL, no_state, take_nothing});
    accel_try(error) {
        accelerator_load_state(r.acc, "others");
        CHECK_ERROR(ACCEL_EMISMATCH, "others: has 1 object, and 2 are registered");
    }
    accelerator_save_state(r.acc, "others");
    CHECK(accelerator_load_state(r.acc, "others") == ACCEL_OK);
    accel_module *third = accel_linear(1, 1);
    accelerator_prepare(r.acc, third);
    accel_try(error) {
        accelerator_load_state(r.acc, "others");
        CHECK_ERROR(ACCEL_EMISMATCH, "others: has 2 models, and 3 are prepared");
    }
    accel_try(error) {
        accelerator_load_state(r.acc, "nowhere");
        CHECK_ERROR(ACCEL_ENOTFOUND, "nowhere: there is no such folder");
    }
    accel_try(error) {
        accelerator_load_state(r.acc, NULL);
        CHECK_ERROR(ACCEL_EINVAL, "project_dir");
    }
    accel_try(error) {
        accelerator_save_state(r.acc, NULL);
        CHECK_ERROR(ACCEL_EINVAL, "automatic_checkpoint_naming");
    }
    return accelerator_finish(r.acc);
}

/* A model of another shape; nothing of it changes. */
static int refuse_another_shape(void *user)
{
    (void)user;
    accelerator *acc = create();
    accel_module *model = accel_linear(2, 3);
    accelerator_prepare(acc, model);
    CHECK(accelerator_save_state(acc, "shape") == ACCEL_OK);
    CHECK(accelerator_finish(acc) == 0);
    acc = create();
    model = accel_linear(2, 4);
    accelerator_prepare(acc, model);
    accel_try(error) {
        accelerator_load_state(acc, "shape");
        CHECK_ERROR(ACCEL_EMISMATCH, "\"weight\" has shape (3, 2), the module's is (4, 2), in shape");
    }
    return accelerator_finish(acc);
}

/* Two models, of which the second has so many outputs. */
static accelerator *prepare_two(accel_module **first, int64_t outputs)
{
    accelerator *acc = create();
    *first = accel_linear(2, 3);
    accelerator_prepare(acc, *first, accel_linear(2, outputs));
    return acc;
}

static int change_nothing(void *user)
{
    (void)user;
    accel_module *first;
    accelerator *acc = prepare_two(&first, 3);
    CHECK(accelerator_save_state(acc, "shape") == ACCEL_OK);
    CHECK(accelerator_finish(acc) == 0);
    acc = prepare_two(&first, 4);
    accel_no_grad() {
        accel_fill_in_place(accel_module_tensor(first, "weight"), 7);
    }
    accel_try(error) {
        accelerator_load_state(acc, "shape");
        CHECK_ERROR(ACCEL_EMISMATCH, "\"weight\" has shape (3, 2), the module's is (4, 2), in shape");
    }
    CHECK(all_are(accel_module_tensor(first, "weight"), 7));
    return accelerator_finish(acc);
}

static int refuse_another_name(void *user)
{
    (void)user;
    accelerator *acc = create();
    training_run r = {.acc = acc};
    accelerator_register_for_checkpointing(acc, &(accel_checkpointable){"progres", &r, no_state, take_nothing});
    CHECK(accelerator_save_state(acc, "named") == ACCEL_OK);
    CHECK(accelerator_finish(acc) == 0);
    acc = create();
    accelerator_register_for_checkpointing(acc,
                                           &(accel_checkpointable){"progress", &r, no_state, take_nothing});
    accel_try(error) {
        accelerator_load_state(acc, "named");
        CHECK_ERROR(ACCEL_EMISMATCH, "object 0 was saved as \"progres\", and \"progress\" is registered");
    }
    return accelerator_finish(acc);
}

static void test_others(void **state)
{
    (void)state;
    run_in(1, refuse_others);
    run_in(1, refuse_another_name);
    run_in(2, refuse_another_shape);
    run_in(1, change_nothing);
}

/* ---- disks ---- */

static int refuse_disks(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, create(), 1, save_once, "disk");
    CHECK(system("touch file && ln -sfn disk link") == 0);
    accel_try(error) {
        accelerator_save_state(r.acc, "file");
        CHECK_ERROR(ACCEL_EINVAL, "file: is a file, not a folder");
    }
    accel_try(error) {
        accelerator_save_state(r.acc, ".");
        CHECK_ERROR(ACCEL_EINVAL, "this process works in there");
    }
    accel_try(error) {
        accelerator_save_state(r.acc, "file/inner");
        CHECK_ERROR(ACCEL_EIO, "file");
    }
    accel_try(error) {
        accelerator_save_state(r.acc, "/sys/accel");
        CHECK(accel_error_status() == ACCEL_EIO && strstr(error->message, "/sys/") != NULL);
    }
    const struct rlimit small = {2000, RLIM_INFINITY};
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    accel_try(error) {
        accelerator_save_state(r.acc, "disk");
        CHECK(accel_error_status() == ACCEL_EIO);
    }
    accel_try(error) {
        accelerator_save_state(r.acc, "disk", .async = true);
        CHECK(!accel_error_is_set());
        accelerator_wait_for_save_state(r.acc);
        CHECK(accel_error_status() == ACCEL_EIO);
    }
    if (!accelerator_is_main_process(r.acc))
        setrlimit(RLIMIT_FSIZE, &before);
    accel_try(error) { /* what failed in one process alone is told to all by the next call */
        accelerator_save_state(r.acc, "disk", .async = true);
        CHECK(!accel_error_is_set());
        accelerator_save_state(r.acc, "disk");
        CHECK(accel_error_status() == ACCEL_EIO);
    }
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK(accelerator_save_state(r.acc, "disk") == ACCEL_OK);
    CHECK(accelerator_load_state(r.acc, "disk") == ACCEL_OK);
    CHECK(accelerator_save_state(r.acc, "link/") == ACCEL_OK); /* where it leads to */
    struct stat info;
    CHECK(lstat("link", &info) == 0 && S_ISLNK(info.st_mode));
    CHECK(accelerator_load_state(r.acc, "disk") == ACCEL_OK);
    return accelerator_finish(r.acc);
}

static void test_disks(void **state)
{
    (void)state;
    run_in(1, refuse_disks);
    run_in(2, refuse_disks);
}

/* ---- files of the program's own ---- */

static int keep_own(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, create(), 1, save_once, "own");
    CHECK(system("mkdir -p -m 700 own/sub && echo one > own/sub/a && echo two > own/notes && ln -s notes "
                 "own/link") == 0);
    for (int i = 0; i < 2; i++)
        CHECK(accelerator_save_state(r.acc, "own") == ACCEL_OK);
    CHECK(is_there("own/sub/a") && is_there("own/notes") && is_there("own/link"));
    CHECK(system("test $(stat -c %a own/sub) = 700") == 0);
    CHECK(system("cp own/model.safetensors own/pytorch_model.bin") ==
          0); /* would be weights of another state */
    accel_try(error) {
        accelerator_save_state(r.acc, "own");
        CHECK_ERROR(ACCEL_EINVAL, "own: has pytorch_model.bin, which is no part of a training state");
    }
    accel_try(error) {
        accelerator_save_model(r.acc, r.model, "own");
        CHECK_ERROR(ACCEL_EINVAL, "own: is a training state: save the model into another folder");
    }
    CHECK(is_there("own/pytorch_model.bin") && remove("own/pytorch_model.bin") == 0);
    CHECK(accelerator_load_state(r.acc, "own") == ACCEL_OK);
    CHECK(accelerator_save_state(r.acc, "own", .safe_serialization = false) == ACCEL_OK);
    CHECK(is_there("own/pytorch_model.bin") && !is_there("own/model.safetensors"));
    CHECK(accelerator_load_state(r.acc, "own") == ACCEL_OK);
    return accelerator_finish(r.acc);
}

static void test_own_files(void **state)
{
    (void)state;
    run_in(1, keep_own);
}

/* ---- hooks ---- */

typedef struct hooked {
    int saves, loads;
    bool fails, nests;
} hooked;

static accel_status on_save(void *user, accelerator *acc, const char *folder)
{
    hooked *h = user;
    char path[512];
    h->saves++;
    if (h->nests)
        return accelerator_save_state(acc, "nested");
    if (h->fails)
        return accel_error_raise(ACCEL_EINVAL, "on_save", "not now");
    if (!accelerator_is_main_process(acc))
        return ACCEL_OK;
    snprintf(path, sizeof path, "cd %s && : >own.safetensors && ln -s . here && mkfifo pipe", folder);
    if (system(path) != 0)
        return accel_error_raise(ACCEL_EIO, "on_save", "no files");
    snprintf(path, sizeof path, "%s/average.bin", folder);
    FILE *file = fopen(path, "w");
    fputs("an average", file);
    fclose(file);
    return ACCEL_OK;
}

static accel_status on_load(void *user, accelerator *acc, const char *folder)
{
    hooked *h = user;
    char path[512];
    (void)acc;
    snprintf(path, sizeof path, "%s/average.bin", folder);
    h->loads += is_there(path);
    return ACCEL_OK;
}

static int call_hooks(void *user)
{
    (void)user;
    training_run r;
    hooked h = {0};
    run_some(&r, create(), 1, save_once, "hooked");
    accelerator_register_save_state_pre_hook(r.acc, on_save, &h);
    accelerator_register_load_state_pre_hook(r.acc, on_load, &h);
    CHECK(accelerator_save_state(r.acc, "hooked") == ACCEL_OK);
    CHECK(accelerator_load_state(r.acc, "hooked") == ACCEL_OK);
    CHECK(h.saves == 1 && h.loads == 1);
    accelerator_wait_for_everyone(r.acc);
    if (accelerator_is_main_process(r.acc))
        damage("hooked/average.bin", 0);
    accelerator_wait_for_everyone(r.acc);
    accel_try(error) {
        accelerator_load_state(r.acc, "hooked");
        CHECK_ERROR(ACCEL_EFORMAT, "average.bin: is damaged");
    }
    h.fails = accelerator_process_index(r.acc) == accelerator_num_processes(r.acc) - 1;
    accel_try(error) {
        accelerator_save_state(r.acc, "hooked");
        CHECK_ERROR(ACCEL_EINVAL, "not now"); /* in every process, which all go on */
    }
    h.fails = false;
    CHECK(accelerator_save_state(r.acc, "hooked") == ACCEL_OK);
    h.nests = true;
    accel_try(error) {
        accelerator_save_state(r.acc, "hooked");
        CHECK_ERROR(ACCEL_EINVAL, "called in");
    }
    h.nests = false;
    CHECK(accelerator_load_state(r.acc, "hooked") == ACCEL_OK);
    return accelerator_finish(r.acc);
}

static void test_hooks(void **state)
{
    (void)state;
    run_in(1, call_hooks);
    run_in(2, call_hooks);
}

/* ---- other numbers of processes ---- */

static int64_t *seen; /* shared */

static int save_in_the_middle(void *user)
{
    training_run r;
    run_some(&r, accelerator_create(.timeout = 60, .data_seed = 7, .gradient_accumulation_steps = 2),
             *(int *)user, save_once, "ranks");
    *seen = r.seen;
    return accelerator_finish(r.acc);
}

static int load_with_others(void *user)
{
    training_run r;
    run_some(&r, accelerator_create(.timeout = 60, .data_seed = 7, .gradient_accumulation_steps = 2), 0, NULL,
             NULL);
    if (*(int *)user == 0) {
        CHECK(accelerator_load_state(r.acc, "ranks") == ACCEL_OK);
        CHECK(r.seen == *seen);
        accel_tensor *own = accelerator_gather(r.acc, near(r.acc, accel_rand(NULL, ACCEL_SHAPE(4))));
        CHECK(accelerator_num_processes(r.acc) == 1 ||
              accel_item(
                  accel_max(accel_abs(accel_sub(accel_narrow(own, 0, 0, 4), accel_narrow(own, 0, 4, 4))))) > 0);
    } else {
        accel_try(error) {
            accelerator_load_state(r.acc, "ranks");
            CHECK_ERROR(ACCEL_EMISMATCH, "in the middle of a step's micro-batches");
        }
    }
    return accelerator_finish(r.acc);
}

static void test_other_processes(void **state)
{
    (void)state;
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int ranks = 1; ranks <= 2; ranks++)
        for (int stops = 2; stops <= 3; stops++) {
            int odd = stops % 2;
            assert_int_equal(accelerator_spawn(save_in_the_middle, &stops, ranks), 0);
            assert_int_equal(accelerator_spawn(load_with_others, &odd, 3 - ranks), 0);
        }
}

/* ---- moments ---- */

static int refuse_moments(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, create(), 1, save_once, "moment");
    accelerator_accumulate(r.acc, r.model) {
        accel_try(error) {
            accelerator_load_state(r.acc, "moment");
            CHECK_ERROR(ACCEL_EINVAL, "in a block of accelerator_accumulate");
        }
    }
    accel_for_each (batch, r.loader) {
        (void)batch;
        accel_try(error) {
            accelerator_load_state(r.acc, "moment");
            CHECK_ERROR(ACCEL_EINVAL, "called in a loop over a loader");
        }
        break;
    }
    for (int i = 0; i < 3; i++) /* each waits for the one before */
        CHECK(accelerator_save_state(r.acc, "moment", .async = true) == ACCEL_OK);
    return accelerator_finish(r.acc); /* which waits for the last */
}

static void test_moments(void **state)
{
    (void)state;
    run_in(1, refuse_moments);
    run_in(2, refuse_moments);
}

/* ---- two programs, one folder ---- */

static int save_often(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, create(), 1, save_once, "both");
    for (int i = 0; i < 10; i++) {
        CHECK(accelerator_save_state(r.acc, "both", .async = i % 2) == ACCEL_OK);
        CHECK(accelerator_load_state(r.acc, "both") == ACCEL_OK);
    }
    return accelerator_finish(r.acc);
}

static void test_two_programs(void **state)
{
    (void)state;
    pid_t other = fork();
    if (other == 0)
        _exit(accelerator_spawn(save_often, NULL, 1));
    int status = 0;
    run_in(1, save_often);
    waitpid(other, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(system("test -z \"$(ls -d .both* 2>/dev/null)\""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damage),  cmocka_unit_test(test_others),
        cmocka_unit_test(test_disks),   cmocka_unit_test(test_own_files),
        cmocka_unit_test(test_hooks),   cmocka_unit_test(test_other_processes),
        cmocka_unit_test(test_moments), cmocka_unit_test(test_two_programs),
    };
    if (system("rm -rf whole copy others named shape disk file link own hooked nested ranks moment both") != 0)
        return 1; /* what an earlier run left */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

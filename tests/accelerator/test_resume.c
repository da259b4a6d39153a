/* States of Accelerate's, and states for it: see oracle_resume.py, which goes on from what this leaves. */
#include <jansson.h>

#include "training_run.h"

enum { BEFORE = 4, AFTER = 6, RANKS = 2 };

/* A training of the oracle's, by the name that it has in files. */
typedef struct kind {
    const char *name;
    accel_mixed_precision precision;
    int processes;
    const char *schedule;
    double tolerance; /* relative */
} kind;

static const kind whole = {"whole", ACCEL_PRECISION_NO, 1, "cosine", 1e-5};
static const kind half = {"half", ACCEL_FP16, 1, "linear", 1e-3};
static const kind ranks = {"ranks", ACCEL_PRECISION_NO, RANKS, "linear", 1e-5};

static char *path_of(char path[512], const char *name)
{
    snprintf(path, 512, "%s/resume/%s", getenv("ACCEL_TEST_ORACLE"), name);
    return path;
}

/* "python_ranks_1.json" of process 1. */
static char *losses_of(char path[512], const char *whose, const kind *k, accelerator *acc)
{
    char name[128];
    snprintf(name, sizeof name, "%s_%s_%d.json", whose, k->name, accelerator_process_index(acc));
    return path_of(path, name);
}

/* With random numbers of each process's own, as set_seed(…, device_specific=True) has it. */
static void set_up(training_run *r, const kind *k, const char *project)
{
    accel_grad_scaler_options scaling = accel_grad_scaler_options_default();
    scaling.init_scale = 131072;
    scaling.growth_interval = 2;
    *r = (training_run){.schedule = k->schedule, .tied = true};
    r->acc = accelerator_create(.timeout = 60, .data_seed = 7, .gradient_accumulation_steps = 2,
                                .mixed_precision = k->precision,
                                .grad_scaler = k->precision == ACCEL_FP16 ? &scaling : NULL,
                                .project_dir = project, .automatic_checkpoint_naming = project != NULL);
    run_set_up(r);
    accel_set_seed((uint64_t)(42 + accelerator_process_index(r->acc)));
}

/* The oracle's steps; losses may be NULL. */
static void train(training_run *r, int first, int last, double *losses)
{
    char path[512];
    accel_dict *data = accel_load(path_of(path, "data.safetensors"));
    for (int i = first; i < last && !accel_error_is_set(); i++)
        accelerator_accumulate(r->acc, r->model, r->other) {
            int batch = i * accelerator_num_processes(r->acc) + accelerator_process_index(r->acc);
            double loss = run_step(r, accel_select(accel_get(data, "x"), 0, batch),
                                   accel_select(accel_get(data, "y"), 0, batch));
            r->seen++;
            r->total += loss;
            if (losses)
                losses[i - first] = loss;
        }
}

/* ---- Python's ---- */

static bool are_expected(const training_run *r, const kind *k, const double *losses)
{
    char path[512];
    json_t *json = json_load_file(losses_of(path, "python", k, r->acc), 0, NULL);
    bool good = json_array_size(json) == AFTER;
    for (size_t i = 0; good && i < AFTER; i++) {
        double expected = json_number_value(json_array_get(json, i));
        good = fabs(losses[i] - expected) <= k->tolerance * fabs(expected);
        if (!good)
            fprintf(stderr, "%s: loss %zu: %.9g, expected %.9g\n", k->name, i, losses[i], expected);
    }
    json_decref(json);
    return good;
}

/* Where to go on from: a folder, or the newest of a project; and the folder to save what was loaded to: NULL, the next one of the
   project. */
typedef struct leg {
    const kind *kind;
    const char *from, *project, *again;
    bool pickle;
} leg;

static int go_on(void *user)
{
    const leg *l = user;
    char from[512], again[512], project[512];
    double losses[AFTER];
    training_run r;
    set_up(&r, l->kind, l->project ? path_of(project, l->project) : NULL);
    CHECK(accelerator_load_state(r.acc, l->from ? path_of(from, l->from) : NULL) == ACCEL_OK);
    CHECK(r.seen == BEFORE && r.total > 0);
    CHECK(accelerator_save_state(r.acc, l->again ? path_of(again, l->again) : NULL,
                                 .safe_serialization = !l->pickle) == ACCEL_OK);
    train(&r, BEFORE, BEFORE + AFTER, losses);
    CHECK(are_expected(&r, l->kind, losses));
    return accelerator_finish(r.acc);
}

static void run_leg(leg l)
{
    int status = accelerator_spawn(go_on, &l, l.kind->processes);
    if (status != 0)
        fail_msg("%s: exit status %d", l.from ? l.from : l.project, status);
}

static void run_command(const char *format, ...)
{
    char command[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    assert_int_equal(system(command), 0);
}

/* As a process that is killed while it saves leaves it. */
static void interrupt_save(const char *project)
{
    run_command("cd '%s' && mkdir .checkpoints+checkpoint_7.saving-00000000000000aa && "
                "echo cut >.checkpoints+checkpoint_7.saving-00000000000000aa/optimizer.bin",
                project);
}

static void test_from_python(void **state)
{
    (void)state;
    run_leg((leg){&whole, "python_safe", .again = "again_safe"});
    run_leg((leg){&whole, "python_pickle", .again = "again_pickle", .pickle = true});
    run_leg((leg){&half, "python_half", .again = "again_half"});
    run_leg((leg){&ranks, "python_ranks", .again = "again_ranks"});
}

/* A process that had no part in Python's run counts micro-batches from where those that had are. */
static int count_on(void *user)
{
    char path[512];
    training_run r;
    (void)user;
    set_up(&r, &whole, NULL);
    CHECK(accelerator_set_gradient_accumulation_steps(r.acc, 3) == ACCEL_OK);
    CHECK(accelerator_load_state(r.acc, path_of(path, "python_safe")) == ACCEL_OK);
    for (int i = BEFORE; i < BEFORE + AFTER; i++) {
        train(&r, i, i + 1, NULL);
        CHECK(accelerator_sync_gradients(r.acc) == ((i + 1) % 3 == 0));
    }
    return accelerator_finish(r.acc);
}

static void test_more_processes(void **state)
{
    (void)state;
    run_in(RANKS, count_on);
}

static void test_project_from_python(void **state)
{
    char from[512], project[512];
    (void)state;
    run_command("rm -rf '%s' && cp -r '%s' '%s'", path_of(project, "again_project"), path_of(from, "project"),
                project);
    run_leg((leg){&whole, .project = "again_project"});
    interrupt_save(project);
}

/* ---- for Python ---- */

static int write_losses(const training_run *r, const kind *k, const double *losses)
{
    char path[512];
    json_t *json = json_array();
    for (int i = 0; i < AFTER; i++)
        json_array_append_new(json, json_real(losses[i]));
    CHECK(json_dump_file(json, losses_of(path, "c", k, r->acc), 0) == 0);
    json_decref(json);
    return 0;
}

/* As Python does, which takes up nothing else. */
static bool has_tied_once(const char *folder)
{
    char name[64], path[512];
    snprintf(name, sizeof name, "%s/model.safetensors", folder);
    accel_dict *weights = accel_load(path_of(path, name));
    return accel_dict_has(weights, "head.weight") && !accel_dict_has(weights, "twin.weight");
}

static int leave_states(const kind *k, const char *project)
{
    char path[512], name[64];
    double losses[AFTER];
    training_run r;
    set_up(&r, k, project);
    train(&r, 0, BEFORE, NULL);
    snprintf(name, sizeof name, "c_%s", project ? "safe" : k->name);
    CHECK(accelerator_save_state(r.acc, path_of(path, name)) == ACCEL_OK);
    CHECK(has_tied_once(name));
    if (project)
        accelerator_save_state(r.acc, path_of(path, "c_pickle"), .safe_serialization = false);
    for (int i = 0; project && i < 2; i++)
        accelerator_save_state(r.acc, NULL, .async = true, .safe_serialization = i == 0);
    if (project)
        CHECK(accelerator_wait_for_save_state(r.acc) == ACCEL_OK &&
              has_tied_once("c_project/checkpoints/checkpoint_0"));
    train(&r, BEFORE, BEFORE + AFTER, losses);
    CHECK(!accel_error_is_set());
    CHECK(write_losses(&r, k, losses) == 0);
    return accelerator_finish(r.acc);
}

static int leave_whole(void *user) { return leave_states(&whole, user); }
static int leave_half(void *user) { return (void)user, leave_states(&half, NULL); }
static int leave_ranks(void *user) { return (void)user, leave_states(&ranks, NULL); }

static void test_for_python(void **state)
{
    char project[512];
    (void)state;
    run_command("rm -rf '%s'", path_of(project, "c_project"));
    assert_int_equal(accelerator_spawn(leave_whole, project, 1), 0);
    interrupt_save(project);
    run_in(1, leave_half);
    run_in(RANKS, leave_ranks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_python),
        cmocka_unit_test(test_more_processes),
        cmocka_unit_test(test_project_from_python),
        cmocka_unit_test(test_for_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

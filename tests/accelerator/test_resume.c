/* States of Accelerate's, and states for it: see oracle_resume.py, which goes on from what this leaves. */
#include <jansson.h>

#include "training_run.h"

enum { BEFORE = 4, AFTER = 6 };

static char *path_of(char path[512], const char *name)
{
    snprintf(path, 512, "%s/resume/%s", getenv("ACCEL_TEST_ORACLE"), name);
    return path;
}

static accelerator *create(accel_mixed_precision precision, const char *project)
{
    return accelerator_create(.timeout = 60, .data_seed = 7, .gradient_accumulation_steps = 2,
                              .mixed_precision = precision, .project_dir = project,
                              .automatic_checkpoint_naming = project != NULL);
}

/* The oracle's steps; losses may be NULL. */
static void train(training_run *r, int first, int last, double *losses)
{
    char path[512];
    accel_dict *data = accel_load(path_of(path, "data.safetensors"));
    for (int i = first; i < last && !accel_error_is_set(); i++)
        accelerator_accumulate(r->acc, r->model, r->other) {
            double loss =
                run_step(r, accel_select(accel_get(data, "x"), 0, i), accel_select(accel_get(data, "y"), 0, i));
            r->seen++;
            r->total += loss;
            if (losses)
                losses[i - first] = loss;
        }
}

static bool are_expected(const double *losses)
{
    char path[512];
    json_t *json = json_load_file(path_of(path, "losses.json"), 0, NULL);
    bool good = json_array_size(json) == AFTER;
    for (size_t i = 0; good && i < AFTER; i++) {
        double expected = json_number_value(json_array_get(json, i));
        good = fabs(losses[i] - expected) <= 1e-5 * fabs(expected);
        if (!good)
            fprintf(stderr, "loss %zu: %.9g, expected %.9g\n", i, losses[i], expected);
    }
    json_decref(json);
    return good;
}

/* NULL: the newest of the project. */
static int go_on(const char *name, const char *project)
{
    char path[512], folder[512];
    double losses[AFTER];
    training_run r = {.acc = create(ACCEL_PRECISION_NO, project ? path_of(folder, project) : NULL)};
    run_set_up(&r);
    CHECK(accelerator_load_state(r.acc, name ? path_of(path, name) : NULL) == ACCEL_OK);
    CHECK(r.seen == BEFORE && r.total > 0);
    train(&r, BEFORE, BEFORE + AFTER, losses);
    CHECK(are_expected(losses));
    return accelerator_finish(r.acc);
}

static int go_on_safe(void *user) { return (void)user, go_on("python_safe", NULL); }
static int go_on_pickle(void *user) { return (void)user, go_on("python_pickle", NULL); }
static int go_on_project(void *user) { return (void)user, go_on(NULL, "project"); }

static void test_from_python(void **state)
{
    (void)state;
    run_in(1, go_on_safe);
    run_in(1, go_on_pickle);
    run_in(1, go_on_project);
}

static int leave_states(void *user)
{
    char path[512];
    double losses[AFTER];
    (void)user;
    training_run r = {.acc = create(ACCEL_PRECISION_NO, path_of(path, "c_project"))};
    run_set_up(&r);
    train(&r, 0, BEFORE, NULL);
    accelerator_save_state(r.acc, path_of(path, "c_safe"));
    accelerator_save_state(r.acc, path_of(path, "c_pickle"), .safe_serialization = false);
    for (int i = 0; i < 2; i++)
        accelerator_save_state(r.acc, NULL, .async = true);
    train(&r, BEFORE, BEFORE + AFTER, losses);
    CHECK(!accel_error_is_set());
    json_t *json = json_array();
    for (int i = 0; i < AFTER; i++)
        json_array_append_new(json, json_real(losses[i]));
    CHECK(json_dump_file(json, path_of(path, "c_losses.json"), 0) == 0);
    json_decref(json);
    return accelerator_finish(r.acc);
}

static int save_again(const char *from, const char *to, accel_mixed_precision precision)
{
    char path[512];
    training_run r = {.acc = create(precision, NULL)};
    run_set_up(&r);
    CHECK(accelerator_load_state(r.acc, path_of(path, from)) == ACCEL_OK);
    CHECK(accelerator_save_state(r.acc, path_of(path, to)) == ACCEL_OK);
    return accelerator_finish(r.acc);
}

static int save_again_whole(void *user)
{
    return (void)user, save_again("python_safe", "c_again", ACCEL_PRECISION_NO);
}
static int save_again_half(void *user) { return (void)user, save_again("python_half", "c_half", ACCEL_FP16); }

static void test_for_python(void **state)
{
    char command[700], path[512];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", path_of(path, "c_project"));
    assert_int_equal(system(command), 0);
    run_in(1, leave_states);
    run_in(1, save_again_whole);
    run_in(1, save_again_half);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_python),
        cmocka_unit_test(test_for_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* An accelerator belongs to the thread that made it: what another thread calls is refused, and costs nothing but the call. */
#include "ranks.h"

#include <pthread.h>

static accelerator *acc;
static accel_module *model;
static accelerator_profile_block traced;

static accel_status take_values(void *user, const accel_log_value *values, size_t count, int64_t step)
{
    (void)values, (void)count, (void)step;
    ++*(int *)user;
    return ACCEL_OK;
}

static int taken;
static const accel_tracker_callbacks late = {.name = "late", .log = take_values, .user = &taken};

static void free_memory(void) { accelerator_free_memory(acc); }
static void begin_profile(void) { accelerator_profile_begin(acc); }
static void step_profile(void) { accelerator_profile_step(acc); }
static void end_profile(void) { accelerator_profile_end(&traced); }
static void print_profile(void) { accelerator_profile_print(acc, stdout, 1); }
static void add_tracker(void) { accelerator_add_tracker(acc, &late); }
static void begin_run(void) { accelerator_init_trackers(acc, "other", NULL, 0); }
static void log_values(void) { accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 1})); }
static void end_run(void) { accelerator_end_training(acc); }

static const struct {
    const char *name;
    void (*make)(void);
} calls[] = {
    {"accelerator_free_memory", free_memory},     {"accelerator_profile", begin_profile},
    {"accelerator_profile_step", step_profile},   {"accelerator_profile", end_profile},
    {"accelerator_profile_print", print_profile}, {"accelerator_add_tracker", add_tracker},
    {"accelerator_init_trackers", begin_run},     {"accelerator_log", log_values},
    {"accelerator_end_training", end_run},
};

static void *call_all(void *user)
{
    int *refused = user;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "%s: the accelerator belongs to the thread that made it",
                 calls[i].name);
        calls[i].make();
        *refused += strcmp(accel_error_text(), expected) == 0;
        if (accel_error_is_set() && strcmp(accel_error_text(), expected) != 0)
            fprintf(stderr, "%s: %s\n", calls[i].name, accel_error_text());
        accel_error_clear();
    }
    return NULL;
}

static int calls_on_another_thread(void *user)
{
    (void)user;
    pthread_t thread;
    int refused = 0;
    const accel_tracker_callbacks own = {
        .name = "own", .log = take_values, .user = &taken, .every_process = true};
    acc = accelerator_create(.timeout = 60);
    model = accel_linear(2, 2);
    accelerator_prepare(acc, model);
    accelerator_add_tracker(acc, &own);
    accelerator_init_trackers(acc, "run", NULL, 0);
    traced = accelerator_profile_begin(acc);
    CHECK(pthread_create(&thread, NULL, call_all, &refused) == 0);
    pthread_join(thread, NULL);
    CHECK(refused == sizeof calls / sizeof calls[0]);
    CHECK(taken == 0);
    log_values();
    CHECK(taken == 1);
    accelerator_backward(acc, accel_sum(accel_forward(model, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)))));
    end_profile();
    FILE *null = fopen("/dev/null", "w");
    CHECK(accelerator_profile_print(acc, null, 1) == ACCEL_OK);
    fclose(null);
    return accelerator_finish(acc);
}

static void are_refused(void **state)
{
    (void)state;
    run_in(1, calls_on_another_thread);
    run_in(2, calls_on_another_thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Traces: what is in them, when they are taken, and what becomes of them when something fails. */
#include "ranks.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct training {
    accelerator *acc;
    accel_module *model;
    accel_optimizer *optimizer;
    accel_loader *loader;
} training;

static training start(void)
{
    training t = {.acc = accelerator_create(.timeout = 60)};
    t.model = accel_sequential(accel_linear(4, 8), accel_tanh_module(), accel_linear(8, 1));
    t.optimizer = accel_adamw(t.model, .lr = 0.01);
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", accel_rand(NULL, ACCEL_SHAPE(24, 4)));
    t.loader = accel_loader_create(accel_tensor_dataset(data), .batch_size = 2);
    accelerator_prepare(t.acc, t.model, t.optimizer, t.loader);
    return t;
}

static void step(training *t, accel_dict *batch)
{
    accel_tensor *loss = accel_mean(accel_forward(t->model, accel_get(batch, "x")));
    accelerator_backward(t->acc, loss);
    accel_optimizer_step(t->optimizer);
    accel_optimizer_zero_grad(t->optimizer);
    accelerator_gather(t->acc, loss);
}

static bool exists(const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0;
}

/* ---- what is in a trace ---- */

/* Events of that name with a beginning and an end. */
static int count_events(const json_t *trace, const char *name)
{
    int count = 0;
    size_t i;
    json_t *event;
    json_array_foreach(json_object_get(trace, "traceEvents"), i, event)
    {
        const char *its = json_string_value(json_object_get(event, "name"));
        const char *phase = json_string_value(json_object_get(event, "ph"));
        count += its && phase && strcmp(its, name) == 0 && strcmp(phase, "X") == 0;
    }
    return count;
}

static int trace_an_epoch(void *user)
{
    (void)user;
    char path[64];
    training t = start();
    int rank = accelerator_process_index(t.acc), processes = accelerator_num_processes(t.acc);
    accelerator_profile(t.acc, .output_trace_dir = "traces/deep", .record_shapes = true, .profile_memory = true,
                        .with_flops = true) {
        accel_for_each (batch, t.loader)
            step(&t, batch);
    }
    CHECK(!accel_error_is_set());
    snprintf(path, sizeof path, "traces/deep/profile_%d.json", rank);
    json_t *trace = json_load_file(path, 0, NULL);
    CHECK(trace);
    int steps = 12 / processes;
    CHECK(count_events(trace, "load") == steps + 1); /* the last one finds nothing */
    CHECK(count_events(trace, "forward") == steps);
    CHECK(count_events(trace, "backward") == steps);
    CHECK(count_events(trace, "step") == steps);
    CHECK(count_events(trace, "Linear") == 2 * steps);
    CHECK(count_events(trace, "aten::linear") == 2 * steps);
    CHECK(count_events(trace, "sync") == (processes > 1 ? steps : 0));
    CHECK(processes == 1 || count_events(trace, "sync: all_reduce") >= steps);
    const json_t *info = json_object_get(trace, "distributedInfo");
    CHECK(json_integer_value(json_object_get(info, "rank")) == rank);
    CHECK(json_integer_value(json_object_get(info, "world_size")) == processes);
    json_decref(trace);
    return accelerator_finish(t.acc);
}

static void a_trace_has_operations_and_phases(void **state)
{
    (void)state;
    run_in(1, trace_an_epoch);
    run_in(2, trace_an_epoch);
}

/* ---- when ---- */

typedef struct traces {
    int count;
    char paths[8][64];
} traces;

static void note(accelerator *acc, const char *path, void *user)
{
    traces *t = user;
    (void)acc;
    snprintf(t->paths[t->count++], sizeof t->paths[0], "%s", path ? path : "none");
}

static int follow_a_schedule(void *user)
{
    (void)user;
    training t = start();
    traces found = {0};
    /* steps 0 1 | 2 3 (4 5) | 6 7 (8 9) | 10 11 */
    accelerator_profile(t.acc, .output_trace_dir = "cycles", .skip_first = 2, .wait = 1, .warmup = 1,
                        .active = 2, .repeat = 2, .on_trace_ready = note, .user = &found) {
        accel_for_each (batch, t.loader) {
            step(&t, batch);
            accelerator_profile_step(t.acc);
        }
    }
    CHECK(found.count == 2);
    for (int cycle = 0; cycle < 2; cycle++) {
        char path[64];
        snprintf(path, sizeof path, "cycles/profile_0_%d.json", cycle);
        CHECK(strcmp(found.paths[cycle], path) == 0);
        json_t *trace = json_load_file(path, 0, NULL);
        CHECK(count_events(trace, "step") == 2);
        json_decref(trace);
    }
    found = (traces){0}; /* and cycles without a pause */
    accelerator_profile(t.acc, .active = 5, .on_trace_ready = note, .user = &found) {
        accel_for_each (batch, t.loader) {
            step(&t, batch);
            accelerator_profile_step(t.acc);
        }
    }
    CHECK(found.count == 3 && strcmp(found.paths[0], "none") == 0);
    return accelerator_finish(t.acc);
}

static void follows_a_schedule(void **state)
{
    (void)state;
    run_in(1, follow_a_schedule);
}

/* ---- the table ---- */

static int print_a_table(void *user)
{
    (void)user;
    training t = start();
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    accelerator_profile(t.acc) {
        accel_for_each (batch, t.loader)
            step(&t, batch);
    }
    accelerator_profile_print(t.acc, stream, 100);
    fclose(stream);
    stream = fopen("/dev/full", "w");
    accelerator_profile_print(t.acc, stream, 100);
    CHECK_ERROR(ACCEL_EIO, "accelerator_profile_print: the table cannot be written: No space left on device");
    accel_error_clear();
    fclose(stream);
    accelerator_profile_print(t.acc, stdout, -5);
    CHECK_ERROR(ACCEL_EINVAL, "accelerator_profile_print: rows must not be negative, got -5");
    accel_error_clear();
    CHECK(strstr(text, "own %") && strstr(text, "backward") && strstr(text, "aten::_fused_adamw_"));
    CHECK(!strstr(text, "profile_")); /* nothing was written */
    free(text);
    return accelerator_finish(t.acc);
}

static void prints_a_table(void **state)
{
    (void)state;
    run_in(1, print_a_table);
}

/* ---- mistakes ---- */

static int make_mistakes(void *user)
{
    (void)user;
    training t = start();
    int runs = 0;
    accelerator_profile_step(t.acc);
    CHECK_ERROR(ACCEL_EINVAL, "accelerator_profile_step: no accelerator_profile block is running");
    accel_error_clear();
    accelerator_profile_print(t.acc, stdout, 1);
    CHECK_ERROR(ACCEL_EINVAL, "accelerator_profile_print: no trace is complete yet");
    accel_error_clear();
    accelerator_profile(t.acc, .wait = 1)
        runs++;
    CHECK_ERROR(ACCEL_EINVAL, "accelerator_profile: active is 0: which steps are to be profiled?");
    accel_error_clear();
    accelerator_profile(t.acc, .active = 1, .warmup = -1)
        runs++;
    CHECK_ERROR(ACCEL_EINVAL, "accelerator_profile: warmup must be in [0, 2147483647], got -1");
    accel_error_clear();
    close(open("a_file", O_WRONLY | O_CREAT, 0600));
    accelerator_profile(t.acc, .output_trace_dir = "a_file")
        runs++;
    CHECK(accel_error_status() == ACCEL_EIO && strstr(accel_error_text(), "a_file"));
    accel_error_clear();
    accelerator_profile(t.acc) {
        accelerator_profile(t.acc)
            runs++;
        CHECK_ERROR(ACCEL_EINVAL, "accelerator_profile: such a block is running already");
        accel_error_clear();
    }
    CHECK(runs == 0);
    accelerator_profile(NULL)
        runs++;
    CHECK(runs == 0 && accel_error_is_set());
    accel_error_clear();
    return accelerator_finish(t.acc);
}

/* A failure in the block stays on record, and the trace shows what led to it. */
static int fail_inside(void *user)
{
    (void)user;
    training t = start();
    accelerator_profile(t.acc, .output_trace_dir = "failed") {
        accel_for_each (batch, t.loader) {
            step(&t, batch);
            accel_matmul(accel_get(batch, "x"), accel_get(batch, "x"));
        }
    }
    CHECK(accel_error_status() == ACCEL_EENGINE);
    CHECK(exists("failed/profile_0.json") && !exists("failed/profile_0.json.part"));
    accel_error_clear();
    return accelerator_finish(t.acc);
}

/* The disk may be full. */
static int lose_a_trace(void *user)
{
    (void)user;
    training t = start();
    mkdir("lost", 0700);
    unlink("lost/profile_0.json");
    unlink("lost/profile_0.json.part.tmp");
    CHECK(symlink("/dev/full", "lost/profile_0.json.part.tmp") == 0);
    accelerator_profile(t.acc, .output_trace_dir = "lost")
        accel_for_each (batch, t.loader)
            step(&t, batch);
    CHECK_ERROR(ACCEL_EIO,
                "accelerator_profile: lost/profile_0.json cannot be written: No space left on device");
    CHECK(!exists("lost/profile_0.json") && !exists("lost/profile_0.json.part.tmp"));
    accel_error_clear();
    return accelerator_finish(t.acc);
}

/* The program ends in the block. */
static int finish_inside(void *user)
{
    (void)user;
    training t = start();
    traces found = {0};
    accelerator_profile(t.acc, .output_trace_dir = "finished", .on_trace_ready = note, .user = &found) {
        accel_for_each (batch, t.loader) {
            step(&t, batch);
            int status = accelerator_finish(t.acc);
            CHECK(status == 0 && found.count == 1);
            json_t *trace = json_load_file("finished/profile_0.json", 0, NULL);
            CHECK(count_events(trace, "step") == 1);
            json_decref(trace);
            return status;
        }
    }
    return 1;
}

static void mistakes_are_told(void **state)
{
    (void)state;
    run_in(1, make_mistakes);
    run_in(1, fail_inside);
    run_in(1, lose_a_trace);
    run_in(1, finish_inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_has_operations_and_phases),
        cmocka_unit_test(follows_a_schedule),
        cmocka_unit_test(prints_a_table),
        cmocka_unit_test(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

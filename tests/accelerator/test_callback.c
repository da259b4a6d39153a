/* Calls from inside the program's own functions, while the library runs these: what would take away what they run on is refused
   in one sentence, and the program goes on. */
#include "ranks.h"

static accelerator *acc, *other;
static accel_module *model;
static accel_optimizer *optimizer;

/* ---- functions that call ---- */

/* Where a call is tried, once, and what it left on record. */
static const char *place;
static void (*attempt)(void);
static char said[ACCEL_ERROR_CALL_MAX + ACCEL_ERROR_MESSAGE_MAX];

static void try_in(const char *here)
{
    void (*call)(void) = attempt;
    if (!call || strcmp(here, place) != 0)
        return;
    attempt = NULL;
    accel_try(err) {
        call();
        snprintf(said, sizeof said, "%s", err->status == ACCEL_OK ? "nothing" : accel_error_text());
    }
}

static accel_tensor *forward(accel_module *self, accel_tensor *x, void *user)
{
    (void)user;
    try_in("forward");
    return accel_mul(x, accel_module_tensor(self, "weight"));
}

static accel_tensor *hook(accel_grad_bucket *bucket, void *user)
{
    (void)user;
    try_in("hook");
    accel_tensor *buffer = accel_grad_bucket_buffer(bucket);
    accel_grad_bucket_all_reduce(bucket, buffer);
    return accel_div_scalar(buffer, accel_grad_bucket_num_processes(bucket));
}

static accel_status start_run(void *user, const char *name, const accel_log_value *values, size_t count)
{
    (void)user, (void)name, (void)values, (void)count;
    try_in("start");
    return ACCEL_OK;
}

static accel_status log_values(void *user, const accel_log_value *values, size_t count, int64_t step)
{
    (void)user, (void)values, (void)count, (void)step;
    try_in("log");
    return ACCEL_OK;
}

static accel_status finish_run(void *user)
{
    (void)user;
    try_in("finish");
    return ACCEL_OK;
}

static void take_trace(accelerator *owner, const char *path, void *user)
{
    (void)owner, (void)path, (void)user;
    try_in("trace");
}

static accel_dict *make_sample(void *user, int64_t index)
{
    (void)user;
    try_in("sample");
    accel_dict *sample = accel_dict_create();
    accel_dict_set(sample, "x", accel_full((double)index, ACCEL_FLOAT32, ACCEL_SHAPE(2)));
    return sample;
}

static accel_status make_batches(void *user, int64_t epoch, accel_batch_list *list)
{
    (void)user, (void)epoch;
    try_in("batches");
    accel_batch_list_add(list, (const int64_t[]){0}, 1);
    return accel_batch_list_add(list, (const int64_t[]){1}, 1);
}

static void release(void *user)
{
    (void)user;
    try_in("release");
}

static void release_data(void *data, void *user)
{
    (void)data, (void)user;
    try_in("wrapped");
}

static int64_t reduce(int64_t batch_size, void *user)
{
    (void)user;
    try_in("reduce");
    return batch_size / 2;
}

static void hear(accel_log_level level, const char *line, void *user)
{
    (void)level, (void)line, (void)user;
    try_in("line");
}

static void handle(const accel_error *error, void *user)
{
    (void)error, (void)user;
    accel_error_clear(); /* which it cannot */
    try_in("error");
}

/* ---- where the library runs them ---- */

static void train(void)
{
    accelerator_backward(acc, accel_sum(accel_forward(model, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)))));
    accel_optimizer_step(optimizer);
    accel_optimizer_zero_grad(optimizer);
}

static void begin_run(void) { accelerator_init_trackers(acc, "run", NULL, 0); }
static void log_once(void) { accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 1})); }
static void end_run(void) { accelerator_end_training(acc); }

static void profile(void)
{
    accelerator_profile(acc, .on_trace_ready = take_trace)
        accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2));
}

static void read_samples(void)
{
    accel_dataset *samples = accel_dataset_create(.length = 2, .sample = make_sample, .release = release);
    accel_loader *loader = accel_loader_create(samples, .num_workers = 0, .batches = make_batches);
    int batches = 0;
    accel_for_each (batch, loader)
        batches += batch != NULL;
    if (batches != 2)
        accel_error_raise(ACCEL_EINVAL, __func__, "there were %d batches", batches);
    accel_free(loader);
    accel_free(samples);
}

static void free_module(void) { accel_free(accel_module_create(.release = release)); }

static void free_wrapped(void)
{
    static float data[2];
    accel_free(accel_tensor_wrap(data, ACCEL_FLOAT32, ACCEL_SHAPE(2), .release = release_data));
}

static void search(void)
{
    accelerator_free_memory(acc);
    meet(accelerator_num_processes(acc)); /* whose last call the failure of one would end */
    accelerator_find_executable_batch_size(acc, size, 2, .reduce = reduce) {
        accelerator_free_memory(acc);
        if (size == 2)
            accel_error_raise(ACCEL_ENOMEM, __func__, "no memory");
    }
    accelerator_prepare(acc, model, optimizer);
}

static void send_line(void) { accel_log_line(ACCEL_LOG_WARNING, "a line"); }

/* Who records a failure returns its status, whatever the handler does. */
static void record_failure(void)
{
    bool failed = accel_error_raise(ACCEL_EIO, __func__, "fails") == ACCEL_EIO;
    accel_error_clear();
    if (!failed)
        accel_error_raise(ACCEL_EINVAL, __func__, "the handler cleared the record");
}

static const struct {
    const char *place;
    void (*run)(void);
    const char *function; /* as refusals call it */
    int processes;        /* at least */
} places[] = {
    {"forward", train, "a forward function", 1},
    {"hook", train, "comm_hook_function", 2},
    {"start", begin_run, "a function of a tracker", 1},
    {"log", log_once, "a function of a tracker", 1},
    {"finish", end_run, "a function of a tracker", 1},
    {"trace", profile, "on_trace_ready", 1},
    {"sample", read_samples, "a function of a dataset", 1},
    {"batches", read_samples, "the function batches of a loader", 1},
    {"release", read_samples, "a release function", 1},
    {"release", free_module, "a release function", 1},
    {"wrapped", free_wrapped, "a release function", 1},
    {"reduce", search, "the function reduce of accelerator_find_executable_batch_size", 1},
    {"line", send_line, "the function of accel_log_set_callback", 1},
    {"error", record_failure, "the function of accel_error_set_handler", 1},
};
enum { PLACES = sizeof places / sizeof places[0] };

/* ---- what they call ---- */

static int status; /* of the last accelerator_finish */

static void finish(void) { status = accelerator_finish(acc); }
static void free_memory(void) { accelerator_free_memory(acc); }
static void prepare_another(void) { accelerator_prepare(acc, accel_linear(2, 2)); }
static void add_tracker(void)
{
    accelerator_add_tracker(acc, &(accel_tracker_callbacks){.name = "late", .log = log_values});
}
static void begin_profile(void)
{
    accelerator_profile_block b = accelerator_profile_begin(acc);
    accelerator_profile_end(&b);
}
static void step_profile(void) { accelerator_profile_step(acc); }
static void print_profile(void)
{
    FILE *null = fopen("/dev/null", "w");
    accelerator_profile_print(acc, null, 1);
    fclose(null);
}
static void print(void) { accelerator_print(acc, "inside\n"); }
static void use_another(void)
{
    accel_module *second = accel_linear(2, 2);
    accel_forward(second, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
    accel_free(second);
}
static void log_elsewhere(void) { accelerator_log(other, ACCEL_LOG_VALUES({"loss", 1})); }

static const struct {
    const char *name;
    void (*make)(void);
    const char *refused_in; /* of these places, between spaces; NULL: of all */
} calls[] = {
    {"accelerator_finish", finish, NULL},
    {"accelerator_free_memory", free_memory, " forward hook sample batches release wrapped line error "},
    {"accelerator_prepare", prepare_another, " forward sample batches release wrapped line error "},
    {"accelerator_init_trackers", begin_run, " start log finish "},
    {"accelerator_log", log_once, " start log finish "},
    {"accelerator_end_training", end_run, " start log finish "},
    {"accelerator_add_tracker", add_tracker, " start log finish "},
    {"accelerator_profile", begin_profile, " trace "},
    {"accelerator_profile_step", step_profile, " trace "},
    {"accel_log_line", send_line, " line "},
    {"accelerator_profile_print", print_profile, ""},
    {"accelerator_print", print, ""},
    {"accel_forward", use_another, ""},
    {"accelerator_log", log_elsewhere, ""},
};
enum { CALLS = sizeof calls / sizeof calls[0] };

static bool is_refused(size_t call, const char *here)
{
    char word[16];
    snprintf(word, sizeof word, " %s ", here);
    return !calls[call].refused_in || strstr(calls[call].refused_in, word);
}

/* The failure of a collective call is told by the first process that it failed in. */
static bool says_that_it_was_refused(size_t at, size_t call)
{
    char reason[256];
    snprintf(reason, sizeof reason, "called in the middle of %s, which has to return first",
             places[at].function);
    size_t name = strlen(calls[call].name), end = strlen(said), length = strlen(reason);
    return end > name + length && strncmp(said, calls[call].name, name) == 0 && said[name] == ':' &&
           strcmp(said + end - length, reason) == 0;
}

/* What is not refused may fail for other reasons, or succeed. */
static int check_answer(size_t at, size_t call)
{
    bool refused = says_that_it_was_refused(at, call);
    if (refused != is_refused(call, places[at].place))
        fprintf(stderr, "%s in %s: %s\n", calls[call].name, places[at].place, said);
    CHECK(refused == is_refused(call, places[at].place));
    CHECK(refused || !strstr(said, "which has to return first"));
    return 0;
}

static void make_all(void)
{
    static const accel_tracker_callbacks diary = {
        .name = "diary", .start = start_run, .log = log_values, .finish = finish_run, .every_process = true};
    static const accel_tracker_callbacks silent = {.name = "silent", .log = log_values, .every_process = true};
    accel_data_parallel_options options = accel_data_parallel_options_default();
    options.comm_hook_function = hook;
    acc = accelerator_create(.timeout = 60, .data_parallel = &options);
    other = accelerator_create(.timeout = 60);
    accelerator_add_tracker(acc, &diary);
    accelerator_add_tracker(other, &silent);
    accelerator_init_trackers(other, "run", NULL, 0);
    model = accel_module_create(.forward = forward);
    accel_module_add_parameter(model, "weight", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
    optimizer = accel_sgd(model, .lr = 0.1);
    accelerator_prepare(acc, model, optimizer);
}

static int call_in(size_t at, size_t call)
{
    accelerator_end_training(acc);
    if (strcmp(places[at].place, "start") != 0)
        begin_run();
    snprintf(said, sizeof said, "not called");
    status = -1;
    place = places[at].place;
    attempt = calls[call].make;
    places[at].run();
    CHECK(strcmp(said, "not called") != 0);
    CHECK(status == (calls[call].make == finish ? 1 : -1));
    if (check_answer(at, call) != 0)
        return 1;
    if (calls[call].make == free_memory || calls[call].make == prepare_another) {
        accelerator_free_memory(acc);
        accelerator_prepare(acc, model, optimizer);
    }
    CHECK(!accel_error_is_set());
    return 0;
}

static int calls_from_everywhere(void *user)
{
    (void)user;
    make_all();
    accel_log_set_callback(hear, NULL);
    accel_error_set_handler(handle, NULL);
    for (size_t at = 0; at < PLACES; at++)
        for (size_t call = 0; call < CALLS && accelerator_num_processes(acc) >= places[at].processes; call++)
            if (call_in(at, call) != 0)
                return 1;
    accel_log_set_callback(NULL, NULL);
    accel_error_set_handler(NULL, NULL);
    train();
    CHECK(!accel_error_is_set());
    CHECK(accelerator_finish(other) == 0);
    CHECK(accelerator_finish(acc) == 0);
    CHECK(accel_live_handles() == 0);
    return 0;
}

static void are_refused_or_allowed(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 2; processes++) {
        open_meeting();
        run_in(processes, calls_from_everywhere);
        close_meeting();
    }
}

/* ---- other processes ---- */

static int begin_and_finish(void *user)
{
    (void)user;
    acc = accelerator_create(.timeout = 60);
    CHECK(acc != NULL);
    return accelerator_finish(acc);
}

static accel_tensor *spawn_inside(accel_module *self, accel_tensor *x, void *user)
{
    (void)self;
    *(int *)user = accelerator_spawn(begin_and_finish, NULL, 2);
    return x;
}

/* What they run is in the middle of nothing. */
static void processes_begin_outside(void **state)
{
    (void)state;
    int code = -1;
    accel_scoped() {
        accel_module *spawning = accel_module_create(.forward = spawn_inside, .user = &code);
        accel_forward(spawning, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1)));
    }
    assert_int_equal(code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_begin_outside),
        cmocka_unit_test(are_refused_or_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

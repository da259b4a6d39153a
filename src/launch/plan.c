#include "launch/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"
#include "launch/call.h"
#include "launch/choices.h"
#include "launch/handout.h"
#include "launch/machine.h"
#include "launch/mpirun.h"
#include "launch/script.h"
#include "launch/streams.h"
#include "launch/unused.h"
#include "launch/word_list.h"

/* ---- which engine ---- */

static bool is_type(const choices *c, distributed_id id) { return c->type == &distributed_types[id]; }

/* PARADIGM_MULTI_GPU: of several GPUs, of whatever maker. */
static bool has_type_of(const choices *c, paradigm p) { return c->type && c->type->paradigm == p; }

static bool is_typed(const choices *c, setting_id id)
{
    return c->of[id].source == CHOICE_FLAG && choices_is_on(c, id);
}

/* Those that say how it is trained; one of them on the command line goes before what a file says. */
static const setting_id paradigms[] = {SETTING_CPU,           SETTING_MULTI_GPU, SETTING_TPU,
                                       SETTING_USE_DEEPSPEED, SETTING_USE_FSDP,  SETTING_USE_MEGATRON_LM};

enum { PARADIGMS = sizeof paradigms / sizeof paradigms[0] };

static accel_status check_typed(const choices *c)
{
    const char *first = NULL;
    for (int i = 0; i < PARADIGMS; i++) {
        if (!is_typed(c, paradigms[i]) || paradigms[i] == SETTING_USE_MEGATRON_LM)
            continue;
        if (first)
            return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "--%s and --%s do not go together", first,
                                     own_settings[paradigms[i]].name);
        first = own_settings[paradigms[i]].name;
    }
    return ACCEL_OK;
}

static bool any_is_typed(const choices *c)
{
    for (int i = 1; i < PARADIGMS; i++) /* --cpu says where, not how */
        if (is_typed(c, paradigms[i]))
            return true;
    return false;
}

bool plan_type_is_typed(const choices *c) { return any_is_typed(c) || is_typed(c, SETTING_CPU); }

bool plan_uses_file_type(const choices *c) { return c->type && !plan_type_is_typed(c); }

static bool is_wanted(const choices *c, setting_id id, paradigm p)
{
    return choices_is_on(c, id) || (!any_is_typed(c) && has_type_of(c, p));
}

/* An engine goes before the use_cpu of its file. */
static bool is_on_cpu(const choices *c)
{
    const bool engine = has_type_of(c, PARADIGM_DEEPSPEED) || has_type_of(c, PARADIGM_FSDP) ||
                        has_type_of(c, PARADIGM_MEGATRON);
    if (engine && c->of[SETTING_CPU].source == CHOICE_FILE)
        return false;
    return choices_is_on(c, SETTING_CPU) || is_type(c, DISTRIBUTED_MULTI_CPU);
}

static accel_status choose_paradigm(const choices *c, int gpus, handout *h)
{
    if (check_typed(c) != ACCEL_OK)
        return accel_error_status();
    if (is_wanted(c, SETTING_TPU, PARADIGM_TPU))
        return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL, "TPUs are not supported");
    h->cpu = is_typed(c, SETTING_CPU) || (!any_is_typed(c) && is_on_cpu(c));
    if (h->cpu)
        h->paradigm = PARADIGM_PLAIN;
    else if (is_wanted(c, SETTING_USE_DEEPSPEED, PARADIGM_DEEPSPEED))
        h->paradigm = PARADIGM_DEEPSPEED;
    else if (is_wanted(c, SETTING_USE_FSDP, PARADIGM_FSDP))
        h->paradigm = PARADIGM_FSDP;
    else if (is_wanted(c, SETTING_USE_MEGATRON_LM, PARADIGM_MEGATRON))
        h->paradigm = PARADIGM_MEGATRON;
    else if (is_wanted(c, SETTING_MULTI_GPU, PARADIGM_MULTI_GPU))
        h->paradigm = PARADIGM_MULTI_GPU;
    else if (!c->file && gpus > 1 && choices_whole(c, SETTING_NUM_PROCESSES) != 1)
        h->paradigm = PARADIGM_MULTI_GPU;
    const char *version = choices_text(c, setting_find("fsdp_version"));
    bool typed = is_typed(c, SETTING_USE_PARALLELISM_CONFIG);
    h->parallelism = typed || (!any_is_typed(c) && c->parallelism && h->paradigm != PARADIGM_PLAIN);
    if (typed && (h->paradigm != PARADIGM_FSDP || strcmp(version, "1") == 0))
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "--use_parallelism_config needs --use_fsdp and --fsdp_version 2");
    return ACCEL_OK;
}

static const char *type_of(const handout *h, const choices *c, int world)
{
    if (h->paradigm == PARADIGM_PLAIN)
        return distributed_types[h->cpu && world > 1 ? DISTRIBUTED_MULTI_CPU : DISTRIBUTED_NO].name;
    if (!any_is_typed(c) && has_type_of(c, h->paradigm))
        return c->type->name;
    return distributed_type_of(h->paradigm)->name;
}

/* Engines that only Python has. */
static accel_status check_language(const handout *h, const choices *c, const char *program)
{
    static const char *const engines[] = {
        [PARADIGM_DEEPSPEED] = "DeepSpeed", [PARADIGM_FSDP] = "FSDP", [PARADIGM_MEGATRON] = "Megatron-LM"};
    const char *engine = h->paradigm >= PARADIGM_DEEPSPEED ? engines[h->paradigm] : NULL;
    if (!engine && h->paradigm == PARADIGM_MULTI_GPU && !any_is_typed(c) &&
        has_type_of(c, PARADIGM_MULTI_GPU) && !is_type(c, DISTRIBUTED_MULTI_GPU))
        engine = c->type->name; /* devices of other makers */
    if (!engine && strcmp(choices_text(c, SETTING_MIXED_PRECISION), "fp8") == 0)
        engine = "fp8";
    if (!engine && choices_is_made(c, SETTING_DYNAMO_BACKEND) &&
        strcmp(choices_text(c, SETTING_DYNAMO_BACKEND), "no") != 0)
        engine = "torch.compile (--dynamo_backend)";
    if (!engine || h->python)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL, "%s is for programs of Python, which %s is not",
                             engine, program);
}

/* DeepSpeed's own launchers, which start what is on other machines from this one. */
static accel_status check_launcher(const handout *h, const choices *c)
{
    static const char *const names[] = {"deepspeed_multinode_launcher", "deepspeed_hostfile",
                                        "deepspeed_exclusion_filter", "deepspeed_inclusion_filter"};
    if (h->paradigm != PARADIGM_DEEPSPEED || choices_whole(c, SETTING_NUM_MACHINES) == 1)
        return ACCEL_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const size_t id = setting_find(names[i]);
        if (choices_is_made(c, id) && strcmp(choices_text(c, id), "standard") != 0)
            return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL,
                                     "%s is \"%s\", and DeepSpeed's own launchers are not supported: this "
                                     "command is run on each machine, which is "
                                     "deepspeed_multinode_launcher standard",
                                     names[i], choices_text(c, id));
    }
    return ACCEL_OK;
}

/* ---- how many ---- */

/* The GPUs that --gpu_ids names. */
static int count_ids(const choices *c)
{
    const char *ids = choices_text(c, SETTING_GPU_IDS);
    if (!ids || strcmp(ids, "all") == 0)
        return 0;
    int count = 1;
    for (; *ids; ids++)
        count += *ids == ',';
    return count;
}

static accel_status count_all(const choices *c, int gpus, const handout *h, int machines, int *world)
{
    if (choices_is_made(c, SETTING_NUM_PROCESSES)) {
        *world = choices_whole(c, SETTING_NUM_PROCESSES);
        return ACCEL_OK;
    }
    if (c->file && !is_type(c, DISTRIBUTED_NO))
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "--num_processes must be given, since %s leaves it open", c->file);
    int each = h->cpu || gpus < 1 || c->file ? 1 : count_ids(c) ? count_ids(c) : gpus;
    *world = machines * each;
    return ACCEL_OK;
}

static accel_status check_shares(const launch_plan *p)
{
    if (p->world_size < p->num_machines || p->world_size % p->num_machines != 0)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "--num_processes %d cannot be shared out among --num_machines %d",
                                 p->world_size, p->num_machines);
    if (p->world_size / p->num_machines > PLAN_PROCESSES_MAX)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "--num_processes must be at most %d for each machine, got %d",
                                 PLAN_PROCESSES_MAX, p->world_size / p->num_machines);
    return ACCEL_OK;
}

static accel_status check_counts(const choices *c, const handout *h, const launch_plan *p)
{
    if (p->machine_rank >= p->num_machines)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "--machine_rank must be below --num_machines, which is %d, got %d",
                                 p->num_machines, p->machine_rank);
    if (is_typed(c, SETTING_MULTI_GPU) && p->world_size < 2)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "--multi_gpu needs at least two processes");
    if (!h->cpu && count_ids(c) && count_ids(c) < p->num_processes)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "%d processes are more than the GPUs of --gpu_ids %s", p->num_processes,
                                 choices_text(c, SETTING_GPU_IDS));
    return ACCEL_OK;
}

/* Only MPI's own launcher tells its processes of each other. */
static accel_status check_backend(const handout *h, const choices *c, int processes)
{
    const bool mpi = strcmp(choices_text(c, SETTING_BACKEND), "mpi") == 0;
    if (h->python || !mpi || processes == 1 || choices_is_made(c, SETTING_MPIRUN_HOSTFILE))
        return ACCEL_OK;
    return accel_error_raise(
        ACCEL_EINVAL, LAUNCH_CALL, "%s%smpi needs --mpirun_hostfile: mpirun has to start the processes",
        c->of[SETTING_BACKEND].where, c->of[SETTING_BACKEND].source == CHOICE_ENVIRONMENT ? "=" : " ");
}

/* Over several machines all must be told alike where rank 0 is. */
static accel_status choose_place(const choices *c, launch_plan *p)
{
    p->address = choices_text(c, SETTING_MAIN_PROCESS_IP);
    p->port =
        choices_is_made(c, SETTING_MAIN_PROCESS_PORT) ? choices_whole(c, SETTING_MAIN_PROCESS_PORT) : PLAN_PORT;
    p->any_port = p->num_machines == 1 && !choices_is_made(c, SETTING_MAIN_PROCESS_PORT);
    if (p->num_machines == 1)
        p->address = NULL;
    else if (!p->address)
        return accel_error_raise(
            ACCEL_EINVAL, LAUNCH_CALL,
            "--num_machines needs --main_process_ip, by which the machine of rank 0 is reached");
    else if (!choices_is_made(c, SETTING_MACHINE_RANK) &&
             strcmp(choices_text(c, SETTING_RDZV_BACKEND), "c10d") == 0)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "--rdzv_backend c10d needs --machine_rank on each machine");
    else if (p->port == 0)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "--main_process_port 0 would be another port on each machine");
    return ACCEL_OK;
}

static accel_status count(const choices *c, int gpus, const handout *h, launch_plan *p)
{
    p->num_machines = choices_whole(c, SETTING_NUM_MACHINES);
    p->machine_rank = choices_whole(c, SETTING_MACHINE_RANK);
    if (count_all(c, gpus, h, p->num_machines, &p->world_size) != ACCEL_OK || check_shares(p) != ACCEL_OK)
        return accel_error_status();
    p->num_processes = p->world_size / p->num_machines;
    p->first_rank = p->machine_rank * p->num_processes;
    p->alone = p->world_size == 1 && h->paradigm == PARADIGM_PLAIN;
    if (check_counts(c, h, p) != ACCEL_OK)
        return accel_error_status();
    return check_backend(h, c, p->num_processes) == ACCEL_OK ? choose_place(c, p) : accel_error_status();
}

/* ---- all of it ---- */

/* "timeout=60", which PyTorch's launcher calls join_timeout as well: how long the processes wait until all are there. */
static accel_status read_conf(const choices *c, char *seconds, size_t size)
{
    const char *text = choices_text(c, SETTING_RDZV_CONF);
    seconds[0] = '\0';
    while (text && *text) {
        char key[32] = "", value[32] = "", *end;
        int length = 0;
        sscanf(text, " %31[^=,]=%31[^,]%n", key, value, &length);
        if (length == 0 || (strcmp(key, "timeout") != 0 && strcmp(key, "join_timeout") != 0))
            return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                     "--rdzv_conf takes timeout=SECONDS or join_timeout=SECONDS, got \"%s\"",
                                     text);
        double number = strtod(value, &end);
        if (seconds[0] && strcmp(seconds, value) != 0)
            return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "--rdzv_conf has two timeouts: \"%s\"",
                                     choices_text(c, SETTING_RDZV_CONF));
        if (!(isfinite(number) && number > 0) || *end)
            return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "--rdzv_conf: \"%s\" is no number of seconds",
                                     value);
        snprintf(seconds, size, "%s", value);
        text += length + (text[length] == ',');
    }
    return ACCEL_OK;
}

/* Starts mpirun as the only child; it starts the ranks. */
static accel_status make_mpirun(launch_plan *p, const choices *c, char **words)
{
    const mpirun m = {
        .hostfile = c->of[SETTING_MPIRUN_HOSTFILE].text, .per_host = p->num_processes, .all = p->world_size};
    p->command = mpirun_command(&m, c, words);
    p->num_processes = p->world_size = 1;
    p->first_rank = 0;
    p->alone = true;
    return accel_error_status();
}

static accel_status make_command(launch_plan *p, const choices *c, char **words)
{
    if (choices_is_made(c, SETTING_MPIRUN_HOSTFILE))
        make_mpirun(p, c, words);
    else
        p->command = script_command(c, NULL, words);
    return accel_error_status();
}

/* What an engine of Python would refuse, or another one would take for a number. */
static accel_status check_engine(const handout *h, const choices *c)
{
    const char *steps = choices_text(c, SETTING_GRADIENT_ACCUMULATION_STEPS);
    if (steps && strcmp(steps, "auto") == 0 && h->paradigm != PARADIGM_DEEPSPEED)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s auto is for DeepSpeed (--use_deepspeed)",
                                 c->of[SETTING_GRADIENT_ACCUMULATION_STEPS].where);
    const size_t sync = setting_find("fsdp_sync_module_states");
    const char *loading = choices_text(c, setting_find("fsdp_cpu_ram_efficient_loading")),
               *syncing = choices_text(c, sync);
    if (h->paradigm == PARADIGM_FSDP && c->of[sync].source == CHOICE_FILE && strcasecmp(loading, "true") == 0 &&
        strcasecmp(syncing, "true") != 0)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "fsdp_cpu_ram_efficient_loading needs fsdp_sync_module_states, which is %s",
                                 syncing);
    return ACCEL_OK;
}

/* All but the command line. */
static accel_status decide(launch_plan *p, const choices *c, handout *h, const char *program)
{
    char seconds[32];
    if (choices_is_on(c, SETTING_MODULE) && choices_is_on(c, SETTING_NO_PYTHON))
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "--module and --no_python do not go together");
    if (choose_paradigm(c, h->gpus, h) != ACCEL_OK || check_language(h, c, program) != ACCEL_OK ||
        check_launcher(h, c) != ACCEL_OK || check_engine(h, c) != ACCEL_OK ||
        count(c, h->gpus, h, p) != ACCEL_OK || read_conf(c, seconds, sizeof seconds) != ACCEL_OK ||
        streams_choose(p, c) != ACCEL_OK)
        return accel_error_status();
    /* Scripts of Python train one by one, without a word, where nobody says that they are several on CPUs. */
    h->cpu = h->cpu || (h->python && h->gpus == 0 && p->world_size > 1 && h->paradigm == PARADIGM_PLAIN);
    h->local_processes = p->num_processes;
    p->type = type_of(h, c, p->world_size);
    p->cpu = h->cpu;
    p->threads = handout_threads(h, c);
    p->python = h->python;
    p->role = choices_text(c, SETTING_ROLE);
    p->max_restarts = choices_whole(c, SETTING_MAX_RESTARTS);
    p->shutdown_timeout = choices_number(c, SETTING_SHUTDOWN_TIMEOUT);
    p->peers_timeout = PLAN_PEERS_TIMEOUT;
    p->quiet = choices_is_on(c, SETTING_QUIET);
    h->timeout = seconds[0] ? seconds : NULL;
    if (choices_is_made(c, SETTING_MPIRUN_HOSTFILE) && p->world_size > 1) {
        h->address = p->address ? p->address : "127.0.0.1";
        h->port = p->port;
    }
    p->environment = handout_make(h, c);
    h->timeout = NULL;
    return accel_error_status();
}

accel_status plan_make(launch_plan *plan, const choices *c, char **words)
{
    *plan = (launch_plan){0};
    RETURN_STATUS_IF_FAILED();
    handout h = {.python = script_is_python(c, words), .gpus = machine_count_gpus("/dev")};
    if (decide(plan, c, &h, words[0]) == ACCEL_OK && make_command(plan, c, words) == ACCEL_OK && !plan->quiet)
        unused_warn(c, &h);
    return accel_error_status();
}

accel_status plan_make_values(launch_plan *plan, const choices *c)
{
    *plan = (launch_plan){0};
    RETURN_STATUS_IF_FAILED();
    handout h = {.python = true, .gpus = machine_count_gpus("/dev")};
    return decide(plan, c, &h, "");
}

void plan_dispose(launch_plan *plan)
{
    word_list_free(plan->environment);
    word_list_free(plan->command);
    memory_free(plan->tee);
    memory_free(plan->redirects);
    memory_free(plan->shown);
}

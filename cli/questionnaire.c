#include "cli/questionnaire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/question.h"

/* What the answers so far are. */
typedef struct answers {
    configuration *c;
    const char *type; /* distributed_type */
    int machines;
    bool cpu, several;
} answers;

static void set_text(const answers *a, const char *key, const char *text)
{
    configuration_set(a->c, NULL, key, CONFIGURATION_TEXT, text);
}

static void set_truth(const answers *a, const char *key, bool value)
{
    configuration_set(a->c, NULL, key, CONFIGURATION_TRUTH, value ? "True" : "False");
}

static void set_count(const answers *a, const char *key, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    configuration_set(a->c, NULL, key, CONFIGURATION_WHOLE, text);
}

static void set_dynamo(const answers *a, const char *key, configuration_kind kind, const char *text)
{
    configuration_set(a->c, "dynamo_config", key, kind, text);
}

/* ---- one after the other: each is false when there is no more input ---- */

static bool ask_environment(answers *a)
{
    static const char *const options[] = {"This machine", "AWS (Amazon SageMaker)", NULL};
    int chosen;
    while ((chosen = question_choose("In which compute environment are you running?", options, 0)) == 1)
        puts("Amazon SageMaker is not supported.");
    set_text(a, "compute_environment", "LOCAL_MACHINE");
    return chosen == 0;
}

static bool ask_type(answers *a)
{
    static const char *const options[] = {"No distributed training",
                                          "multi-CPU",
                                          "multi-XPU",
                                          "multi-HPU",
                                          "multi-GPU",
                                          "multi-NPU",
                                          "multi-MLU",
                                          "multi-SDAA",
                                          "multi-MUSA",
                                          "multi-NEURON",
                                          "TPU",
                                          NULL};
    static const char *const types[] = {"NO", "MULTI_CPU", NULL, NULL, "MULTI_GPU", NULL,
                                        NULL, NULL,        NULL, NULL, NULL};
    int chosen;
    while ((chosen = question_choose("Which type of machine are you using?", options, 0)) >= 0 &&
           !types[chosen])
        printf("%s is not supported.\n", options[chosen]);
    a->type = chosen < 0 ? NULL : types[chosen];
    a->several = chosen > 0;
    a->cpu = chosen == 1;
    return chosen >= 0;
}

static bool ask_rank(answers *a)
{
    enum { NUMBER = 16 };
    char text[64], *names = memory_alloc((size_t)a->machines, NUMBER);
    const char **options = names ? memory_alloc((size_t)a->machines + 1, sizeof *options) : NULL;
    for (int i = 0; options && i < a->machines; i++) {
        snprintf(names + NUMBER * i, NUMBER, "%d", i);
        options[i] = names + NUMBER * i;
    }
    snprintf(text, sizeof text, "What is the rank of this machine?");
    int rank = options ? question_choose(text, options, 0) : -1;
    set_count(a, "machine_rank", rank);
    memory_free(options);
    memory_free(names);
    return rank >= 0;
}

static bool ask_meeting(answers *a)
{
    char answer[ANSWER_MAX];
    if (!ask_rank(a) ||
        !question_ask("What is the IP address of the machine that will host the main process? ", NULL, answer))
        return false;
    set_text(a, "main_process_ip", answer);
    int port =
        question_count("What is the port you will use to communicate with the main process? ", 0, 1, 65535);
    set_count(a, "main_process_port", port);
    int same = port < 0 ? -1
                        : question_confirm(
                              "Are all the machines on the same local network? Answer `no` if nodes are on the "
                              "cloud and/or on different network hosts [YES/no]: ",
                              true);
    set_truth(a, "same_network", same == 1);
    if (same != 0)
        return same > 0;
    bool asked =
        question_ask("What rendezvous backend will you use? ('static', 'c10d', ...): ", "static", answer);
    set_text(a, "rdzv_backend", answer);
    return asked;
}

static bool ask_machines(answers *a)
{
    a->machines = 1;
    if (!a->several)
        return true;
    a->machines = question_count(
        "How many different machines will you use (use more than 1 for multi-node training)? [1]: ", 1, 1,
        9999);
    set_count(a, "num_machines", a->machines);
    if (a->machines < 0 || (a->machines > 1 && !ask_meeting(a)))
        return false;
    int debug = question_confirm(
        "Should distributed operations be checked while running for errors? This can avoid timeout "
        "issues but will be slower. [yes/NO]: ",
        false);
    set_truth(a, "debug", debug == 1);
    return debug >= 0;
}

static void set_hostfile(const answers *a, const char *path)
{
    const char *home = getenv("HOME");
    char *full = strncmp(path, "~/", 2) == 0 && home ? file_join(home, path + 2) : memory_copy_string(path);
    configuration_set(a->c, "mpirun_config", "mpirun_hostfile", CONFIGURATION_TEXT, full);
    memory_free(full);
}

static bool ask_cpu(answers *a)
{
    char answer[ANSWER_MAX];
    int chosen = 0;
    if (!a->several) {
        chosen = question_confirm(
            "Do you want to run your training on CPU only (even if a GPU / Apple Silicon / Ascend NPU "
            "device is available)? [yes/NO]:",
            false);
        a->cpu = chosen == 1;
    } else if (a->cpu) {
        chosen = question_confirm("Do you want accelerate to launch mpirun? [yes/NO]: ", false);
        if (chosen == 1 &&
            !question_ask("Please enter the path to the hostfile to use with mpirun [~/hostfile]: ",
                          "~/hostfile", answer))
            return false;
        if (chosen == 1)
            set_hostfile(a, answer);
    }
    set_truth(a, "use_cpu", a->cpu);
    return chosen >= 0;
}

static bool ask_truth_of_dynamo(const answers *a, const char *key, const char *text)
{
    int chosen = question_confirm(text, false);
    set_dynamo(a, key, CONFIGURATION_TRUTH, chosen == 1 ? "True" : "False");
    return chosen >= 0;
}

static bool ask_dynamo_details(const answers *a)
{
    static const char *const modes[] = {"default", "reduce-overhead", "max-autotune", NULL};
    int chosen =
        question_confirm("Do you want to customize the defaults sent to torch.compile? [yes/NO]: ", false);
    if (chosen != 1)
        return chosen == 0;
    int mode = question_choose("Which mode do you want to use?", modes, 0);
    if (mode < 0)
        return false;
    set_dynamo(a, "dynamo_mode", CONFIGURATION_TEXT, modes[mode]);
    return ask_truth_of_dynamo(a, "dynamo_use_fullgraph",
                               "Do you want the fullgraph mode or it is ok to break model into several "
                               "subgraphs? [yes/NO]: ") &&
           ask_truth_of_dynamo(a, "dynamo_use_dynamic",
                               "Do you want to enable dynamic shape tracing? [yes/NO]: ") &&
           ask_truth_of_dynamo(a, "dynamo_use_regional_compilation",
                               "Do you want to enable regional compilation? [yes/NO]: ");
}

static bool ask_dynamo(answers *a)
{
    static const char *const options[] = {
        "eager", "aot_eager", "inductor", "aot_ts_nvfuser", "nvprims_nvfuser",         "cudagraphs",
        "ofi",   "fx2trt",    "onnxrt",   "tensorrt",       "aot_torchxla_trace_once", "torhchxla_trace_once",
        "tvm",   NULL};
    static const char *const names[] = {
        "EAGER", "AOT_EAGER", "INDUCTOR", "AOT_TS_NVFUSER", "NVPRIMS_NVFUSER",         "CUDAGRAPHS",
        "OFI",   "FX2TRT",    "ONNXRT",   "TENSORRT",       "AOT_TORCHXLA_TRACE_ONCE", "TORCHXLA_TRACE_ONCE",
        "TVM"};
    int chosen = question_confirm("Do you wish to optimize your script with torch dynamo?[yes/NO]:", false);
    if (chosen != 1)
        return chosen == 0;
    int backend = question_choose("Which dynamo backend would you like to use?", options, 2);
    if (backend < 0)
        return false;
    set_dynamo(a, "dynamo_backend", CONFIGURATION_TEXT, names[backend]);
    return ask_dynamo_details(a);
}

/* What an engine of Python's is set to is left to its defaults, and to flags. */
static bool ask_engine(answers *a, const char *text, const char *type)
{
    int chosen = question_confirm(text, false);
    if (chosen == 1) {
        a->type = type;
        puts("Its settings are the defaults; flags of accelerate launch change them.");
    }
    return chosen >= 0;
}

static bool is_open(const answers *a)
{
    return strcmp(a->type, "NO") == 0 || strcmp(a->type, "MULTI_GPU") == 0;
}

static bool ask_engines(answers *a)
{
    if (is_open(a) && !ask_engine(a, "Do you want to use DeepSpeed? [yes/NO]: ", "DEEPSPEED"))
        return false;
    if (strcmp(a->type, "MULTI_GPU") == 0 &&
        !ask_engine(a, "Do you want to use FullyShardedDataParallel? [yes/NO]: ", "FSDP"))
        return false;
    return strcmp(a->type, "MULTI_GPU") != 0 ||
           ask_engine(a, "Do you want to use Megatron-LM ? [yes/NO]: ", "MEGATRON_LM");
}

static bool ask_processes(answers *a)
{
    int count = 1;
    if (strcmp(a->type, "NO") != 0)
        count = question_count(a->cpu ? "How many processes should be used for distributed training? [1]:"
                                      : "How many GPU(s) should be used for distributed training? [1]:",
                               1, 1, 1000000);
    while (count == 1 && a->machines == 1 && strcmp(a->type, "MULTI_GPU") == 0) {
        puts("One GPU of one machine is no distributed training: please enter more, or begin anew with \"No "
             "distributed training\".");
        count = question_count("How many GPU(s) should be used for distributed training? [1]:", 1, 1, 1000000);
    }
    set_count(a, "num_processes", count);
    return count > 0;
}

static bool ask_gpus(answers *a)
{
    char answer[ANSWER_MAX];
    if (!is_open(a) || a->cpu)
        return true;
    if (!question_ask(
            "What GPU(s) (by id) should be used for training on this machine as a comma-separated list? [all]:",
            "all", answer))
        return false;
    set_text(a, "gpu_ids", answer);
    int numa = question_confirm(
        "Would you like to enable numa efficiency? (Currently only supported on NVIDIA hardware). [yes/NO]: ",
        false);
    set_truth(a, "enable_cpu_affinity", numa == 1);
    return numa >= 0;
}

static bool ask_precision(answers *a)
{
    static const char *const precisions[] = {"no", "fp16", "bf16", "fp8", NULL};
    int chosen = question_choose("Do you wish to use mixed precision?", precisions, 0);
    if (chosen >= 0)
        set_text(a, "mixed_precision", precisions[chosen]);
    return chosen >= 0;
}

bool questionnaire_ask(configuration *c)
{
    answers a = {.c = c};
    if (!ask_environment(&a) || !ask_type(&a) || !ask_machines(&a) || !ask_cpu(&a) || !ask_dynamo(&a) ||
        !ask_engines(&a) || !ask_processes(&a) || !ask_gpus(&a) || !ask_precision(&a))
        return false;
    set_text(&a, "distributed_type", a.type);
    if (!configuration_find(c, NULL, "same_network"))
        set_truth(&a, "same_network", true);
    set_text(&a, "downcast_bf16", "no");
    configuration_set_empty_list(c, NULL, "tpu_env");
    return configuration_update(c) == ACCEL_OK;
}

#include "base/environment.h"
#include "launch/plan.h"
#include "launch/setting.h"

#define TEXT_OF_(number) #number
#define TEXT_OF(number) TEXT_OF_(number)
#define PORT TEXT_OF(PLAN_PORT)

static const char *const precisions[] = {"no", "fp16", "bf16", "fp8", NULL};
static const char *const backends[] = {"gloo", "mpi", NULL};
static const char *const rendezvous[] = {"static", "c10d", NULL};
static const char *const dynamo_backends[] = {"no",
                                              "eager",
                                              "aot_eager",
                                              "inductor",
                                              "aot_ts_nvfuser",
                                              "nvprims_nvfuser",
                                              "cudagraphs",
                                              "ofi",
                                              "fx2trt",
                                              "onnxrt",
                                              "tensorrt",
                                              "aot_torchxla_trace_once",
                                              "torhchxla_trace_once",
                                              "torchxla_trace_once",
                                              "tvm",
                                              "hpu_backend",
                                              "neuron",
                                              NULL};

const setting own_settings[SETTING_OWN] = {
    /* ---- general ---- */
    [SETTING_CONFIG_FILE] = {.name = "config_file",
                             .group = GROUP_GENERAL,
                             .kind = SETTING_TEXT,
                             .value = "FILE",
                             .text = "The file that says what flags do not; by default the one that accelerate "
                                     "config writes, if it is there and --cpu is not given."},
    [SETTING_QUIET] =
        {.name = "quiet",
         .letter = 'q',
         .group = GROUP_GENERAL,
         .kind = SETTING_SWITCH,
         .text = "After a failure prints one line only, without the process's last output; no warnings."},
    [SETTING_DEBUG] =
        {.name = "debug",
         .group = GROUP_GENERAL,
         .kind = SETTING_SWITCH,
         .text =
             "Has operations among processes checked in Python scripts; in other programs they always are."},
    [SETTING_DRY_RUN] = {.name = "dry_run",
                         .group = GROUP_GENERAL,
                         .kind = SETTING_SWITCH,
                         .text = "Prints what each process would run and what would be added to its "
                                 "environment, and starts nothing."},
    [SETTING_PYTHON] = {.name = "python",
                        .group = GROUP_GENERAL,
                        .kind = SETTING_TEXT,
                        .value = "PROGRAM",
                        .text =
                            "What runs a Python script: by default $VIRTUAL_ENV/bin/python, or else python3."},
    [SETTING_MODULE] = {.name = "module",
                        .letter = 'm',
                        .group = GROUP_GENERAL,
                        .kind = SETTING_SWITCH,
                        .text = "The program is a Python module, as in python -m."},
    [SETTING_NO_PYTHON] = {.name = "no_python",
                           .group = GROUP_GENERAL,
                           .kind = SETTING_SWITCH,
                           .text = "The program is executed as it is, even if its name ends in .py."},

    /* ---- hardware ---- */
    [SETTING_CPU] = {.name = "cpu",
                     .group = GROUP_HARDWARE,
                     .kind = SETTING_SWITCH,
                     .source = ENVIRONMENT_USE_CPU,
                     .text = "Stays on the CPU whatever devices there are."},
    [SETTING_MULTI_GPU] = {.name = "multi_gpu",
                           .group = GROUP_HARDWARE,
                           .kind = SETTING_SWITCH,
                           .text =
                               "Several processes, each with a GPU. The default where there are several GPUs."},
    [SETTING_TPU] = {.name = "tpu",
                     .group = GROUP_HARDWARE,
                     .kind = SETTING_SWITCH,
                     .text = "Refused: TPUs are not supported."},
    [SETTING_GPU_IDS] = {.name = "gpu_ids",
                         .group = GROUP_HARDWARE,
                         .kind = SETTING_TEXT,
                         .value = "IDS",
                         .absent = "all",
                         .text =
                             "The GPUs of this machine to use, by number, separated by commas; default: all."},

    /* ---- resources ---- */
    [SETTING_MIXED_PRECISION] = {.name = "mixed_precision",
                                 .group = GROUP_RESOURCES,
                                 .kind = SETTING_WORD,
                                 .value = "PRECISION",
                                 .words = precisions,
                                 .absent = "no",
                                 .source = ENVIRONMENT_MIXED_PRECISION,
                                 .text = "What forwards compute in: no, fp16 or bf16, and in Python fp8. A "
                                         "program's own choice overrides it."},
    [SETTING_GRADIENT_ACCUMULATION_STEPS] =
        {.name = "gradient_accumulation_steps",
         .group = GROUP_RESOURCES,
         .kind = SETTING_WHOLE,
         .value = "N",
         .least = 1,
         .most = 1e6,
         .instead = "auto", /* of DeepSpeed */
         .source = ENVIRONMENT_GRADIENT_ACCUMULATION_STEPS,
         .text =
             "Micro-batches for each step, in programs that accumulate; it overrides what the program says."},
    [SETTING_NUM_CPU_THREADS_PER_PROCESS] =
        {.name = "num_cpu_threads_per_process",
         .group = GROUP_RESOURCES,
         .kind = SETTING_WHOLE,
         .value = "N",
         .least = 1,
         .most = 65536,
         .source = ENVIRONMENT_THREADS,
         .text = "Threads that compute in each process. By default the machine's cores are shared out; a "
                 "Python script on a GPU gets one."},
    [SETTING_ENABLE_CPU_AFFINITY] = {.name = "enable_cpu_affinity",
                                     .group = GROUP_RESOURCES,
                                     .kind = SETTING_SWITCH,
                                     .text = "Python scripts bind each process to the cores near its GPU."},

    /* ---- paradigm ---- */
    [SETTING_USE_DEEPSPEED] = {.name = "use_deepspeed",
                               .group = GROUP_PARADIGM,
                               .kind = SETTING_SWITCH,
                               .text = "DeepSpeed."},
    [SETTING_USE_FSDP] = {.name = "use_fsdp",
                          .group = GROUP_PARADIGM,
                          .kind = SETTING_SWITCH,
                          .text = "Fully sharded data parallel training."},
    [SETTING_USE_MEGATRON_LM] = {.name = "use_megatron_lm",
                                 .group = GROUP_PARADIGM,
                                 .kind = SETTING_SWITCH,
                                 .text = "Megatron-LM."},
    [SETTING_USE_PARALLELISM_CONFIG] =
        {.name = "use_parallelism_config",
         .group = GROUP_PARADIGM,
         .kind = SETTING_SWITCH,
         .text = "Parallelism in several dimensions, with --use_fsdp --fsdp_version 2."},

    /* ---- processes and machines ---- */
    [SETTING_NUM_PROCESSES] = {.name = "num_processes",
                               .group = GROUP_PROCESSES,
                               .kind = SETTING_WHOLE,
                               .value = "N",
                               .least = 1,
                               .most = 1e6,
                               .text = "How many processes there are on all machines, at most 1024 on each; by "
                                       "default one for each GPU of each machine, or one."},
    [SETTING_NUM_MACHINES] = {.name = "num_machines",
                              .group = GROUP_PROCESSES,
                              .kind = SETTING_WHOLE,
                              .value = "N",
                              .least = 1,
                              .most = 1e5,
                              .absent = "1",
                              .text = "How many machines there are; the same command is run on each of them, "
                                      "with another --machine_rank."},
    [SETTING_MACHINE_RANK] = {.name = "machine_rank",
                              .group = GROUP_PROCESSES,
                              .kind = SETTING_WHOLE,
                              .value = "R",
                              .least = 0,
                              .most = 1e5,
                              .absent = "0",
                              .text = "Which of the machines this one is, from 0."},
    [SETTING_MAIN_PROCESS_IP] = {.name = "main_process_ip",
                                 .group = GROUP_PROCESSES,
                                 .kind = SETTING_TEXT,
                                 .value = "ADDRESS",
                                 .text = "The address or name by which the machine of rank 0 is reached."},
    [SETTING_MAIN_PROCESS_PORT] = {.name = "main_process_port",
                                   .group = GROUP_PROCESSES,
                                   .kind = SETTING_WHOLE,
                                   .value = "PORT",
                                   .least = 0,
                                   .most = 65535,
                                   .text = "The port on which the processes meet: " PORT " by default, or any "
                                           "that is free where that one is taken; 0 is any that is free."},
    [SETTING_BACKEND] = {.name = "backend",
                         .group = GROUP_PROCESSES,
                         .kind = SETTING_WORD,
                         .value = "NAME",
                         .words = backends,
                         .absent = "gloo",
                         .source = ENVIRONMENT_BACKEND,
                         .text = "What carries data between CPUs, in programs of this library: gloo, or mpi, "
                                 "with --mpirun_hostfile. Between GPUs it is NCCL."},
    [SETTING_RDZV_BACKEND] =
        {.name = "rdzv_backend",
         .group = GROUP_PROCESSES,
         .kind = SETTING_WORD,
         .value = "HOW",
         .words = rendezvous,
         .absent = "static",
         .text =
             "How machines find each other: static. c10d is accepted, but --machine_rank must still be given."},
    [SETTING_RDZV_CONF] =
        {.name = "rdzv_conf",
         .group = GROUP_PROCESSES,
         .kind = SETTING_TEXT,
         .value = "K=V,...",
         .text =
             "timeout or join_timeout: how many seconds the processes wait for each other at the beginning."},
    [SETTING_ROLE] = {.name = "role",
                      .group = GROUP_PROCESSES,
                      .kind = SETTING_TEXT,
                      .value = "NAME",
                      .absent = PLAN_ROLE,
                      .text = "What the processes find in ROLE_NAME."},
    [SETTING_MAX_RESTARTS] = {.name = "max_restarts",
                              .group = GROUP_PROCESSES,
                              .kind = SETTING_WHOLE,
                              .value = "N",
                              .least = 0,
                              .most = 1e6,
                              .absent = "0",
                              .text = "How often all processes are started anew after one of them failed."},
    [SETTING_SHUTDOWN_TIMEOUT] =
        {.name = "shutdown_timeout",
         .group = GROUP_PROCESSES,
         .kind = SETTING_NUMBER,
         .value = "SECONDS",
         .least = 0,
         .most = 1e6,
         .absent = TEXT_OF(PLAN_SHUTDOWN_TIMEOUT),
         .text = "How long processes that were asked to end may take before they are killed."},
    [SETTING_MPIRUN_HOSTFILE] = {.name = "mpirun_hostfile",
                                 .group = GROUP_PROCESSES,
                                 .kind = SETTING_TEXT,
                                 .value = "FILE",
                                 .text = "Has mpirun start the processes, on the hosts of this file."},

    /* ---- output ---- */
    [SETTING_TEE] =
        {.name = "tee",
         .letter = 't',
         .group = GROUP_OUTPUT,
         .kind = SETTING_TEXT,
         .value = "WHICH",
         .alone = "3",
         .text =
             "Writes \"[rank] \" before every line of the processes' standard output (1), standard error (2) "
             "or both (3, the default); 0: off. With --log_dir the lines are in its files, too. RANK:WHICH, "
             "separated by commas, is for single processes of this machine. Lines are shown once complete. "
             "Lines that cannot be written make the launch a failure once the processes have ended."},
    [SETTING_REDIRECTS] = {.name = "redirects",
                           .letter = 'r',
                           .group = GROUP_OUTPUT,
                           .kind = SETTING_TEXT,
                           .value = "WHICH",
                           .alone = "3",
                           .text = "Writes output only into files under --log_dir; WHICH as with --tee."},
    [SETTING_LOG_DIR] =
        {.name = "log_dir",
         .group = GROUP_OUTPUT,
         .kind = SETTING_TEXT,
         .value = "DIR",
         .text =
             "Where the files of --tee and --redirects are: DIR/RUN/attempt_N/RANK/stdout.log and stderr.log."},
    [SETTING_LOCAL_RANKS_FILTER] = {.name = "local_ranks_filter",
                                    .group = GROUP_OUTPUT,
                                    .kind = SETTING_TEXT,
                                    .value = "RANKS",
                                    .text = "Shows only the output of these local ranks, separated by commas."},

    /* ---- without effect ---- */
    [SETTING_SAME_NETWORK] = {.name = "same_network",
                              .group = GROUP_IDLE,
                              .kind = SETTING_SWITCH,
                              .text = "Says that the machines are in one network."},
    [SETTING_MONITOR_INTERVAL] = {.name = "monitor_interval",
                                  .group = GROUP_IDLE,
                                  .kind = SETTING_NUMBER,
                                  .value = "SECONDS",
                                  .least = 0,
                                  .most = 1e6,
                                  .absent = "0.1",
                                  .text =
                                      "How often to look for processes that ended, which are noticed at once."},

    /* ---- dynamo ---- */
    [SETTING_DYNAMO_BACKEND] = {.name = "dynamo_backend",
                                .group = GROUP_DYNAMO,
                                .kind = SETTING_WORD,
                                .value = "NAME",
                                .words = dynamo_backends,
                                .absent = "no",
                                .variable = "ACCELERATE_DYNAMO_BACKEND",
                                .letters = CASE_UPPER,
                                .text = "What torch.compile uses."},
};

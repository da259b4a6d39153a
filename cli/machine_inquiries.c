#include "cli/inquiry.h"

#define DYNAMO "dynamo_config"

static const char *const environments[] = {"This machine", "AWS (Amazon SageMaker)", NULL};
static const char *const environment_values[] = {"LOCAL_MACHINE", "", NULL};
static const char *const types[] = {"No distributed training",
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
static const char *const type_values[] = {"NO",         "MULTI_CPU",    "MULTI_XPU", "MULTI_HPU",
                                          "MULTI_GPU",  "MULTI_NPU",    "MULTI_MLU", "MULTI_SDAA",
                                          "MULTI_MUSA", "MULTI_NEURON", "",          NULL};

const inquiry machine_inquiries[] = {
    /* ---- where ---- */
    {.kind = INQUIRY_CHOICE,
     .name = "compute_environment",
     .spelled = CONFIGURATION_TEXT,
     .words = environments,
     .values = environment_values,
     .absent = "0",
     .text = "In which compute environment are you running?"},
    {.kind = INQUIRY_CHOICE,
     .name = "distributed_type",
     .spelled = CONFIGURATION_TEXT,
     .words = types,
     .values = type_values,
     .absent = "0",
     .text = "Which type of machine are you using?"},

    /* ---- machines ---- */
    ASK_WHOLE(NULL, "num_machines", "1", 1, 9999,
              "How many different machines will you use (use more than 1 for multi-node training)? [1]: ",
              "distributed_type!=NO"),
    {.kind = INQUIRY_RANK,
     .name = "machine_rank",
     .text = "What is the rank of this machine?",
     .when = "num_machines>1"},
    ASK_TEXT(NULL, "main_process_ip", NULL,
             "What is the IP address of the machine that will host the main process? ", "num_machines>1"),
    ASK_WHOLE(NULL, "main_process_port", NULL, 1, 65535,
              "What is the port you will use to communicate with the main process? ", "num_machines>1"),
    GIVE(NULL, "same_network", CONFIGURATION_TRUTH, "True", NULL),
    ASK_TRUTH(NULL, "same_network", "yes",
              "Are all the machines on the same local network? Answer `no` if nodes are on the cloud and/or on "
              "different network hosts [YES/no]: ",
              "num_machines>1"),
    ASK_WHICH(NULL, "rdzv_backend", NULL, "0",
              "What rendezvous backend will you use? ('static', 'c10d', ...): ", "same_network=False"),
    ASK_TRUTH(NULL, "debug", "no",
              "Should distributed operations be checked while running for errors? This can avoid timeout "
              "issues but will be slower. [yes/NO]: ",
              "distributed_type!=NO"),

    /* ---- what computes ---- */
    ASK_TRUTH(NULL, "use_cpu", "no",
              "Do you want to run your training on CPU only (even if a GPU / Apple Silicon / Ascend NPU "
              "device is available)? [yes/NO]: ",
              "distributed_type=NO"),
    GIVE(NULL, "use_cpu", CONFIGURATION_TRUTH, "True", "distributed_type=MULTI_CPU"),
    ASK_WHETHER("use_mpirun",
                "Do you want accelerate to launch mpirun? [yes/NO]: ", "distributed_type=MULTI_CPU"),
    ASK_PATH("mpirun_config", "mpirun_hostfile", "~/hostfile",
             "Please enter the path to the hostfile to use with mpirun [~/hostfile]: ", "use_mpirun=True"),

    /* ---- torch.compile ---- */
    ASK_WHETHER("use_dynamo", "Do you wish to optimize your script with torch dynamo? [yes/NO]: ", NULL),
    TELL("torch.compile is for programs of Python; accelerate launch refuses it for others.",
         "use_dynamo=True"),
    {.kind = INQUIRY_CHOICE,
     .section = DYNAMO,
     .name = "dynamo_backend",
     .spelled = CONFIGURATION_TEXT,
     .left_out = "no|torhchxla_trace_once|hpu_backend|neuron",
     .absent = "2",
     .text = "Which dynamo backend would you like to use?",
     .when = "use_dynamo=True"},
    ASK_WHETHER("use_custom_options",
                "Do you want to customize the defaults sent to torch.compile? [yes/NO]: ", "use_dynamo=True"),
    ASK_WHICH(DYNAMO, "dynamo_mode", NULL, "0", "Which mode do you want to use?", "use_custom_options=True"),
    ASK_TRUTH(DYNAMO, "dynamo_use_fullgraph", "no",
              "Do you want the fullgraph mode or it is ok to break model into several subgraphs? [yes/NO]: ",
              "use_custom_options=True"),
    ASK_TRUTH(DYNAMO, "dynamo_use_dynamic", "no",
              "Do you want to enable dynamic shape tracing? [yes/NO]: ", "use_custom_options=True"),
    ASK_TRUTH(DYNAMO, "dynamo_use_regional_compilation", "no",
              "Do you want to enable regional compilation? [yes/NO]: ", "use_custom_options=True"),
};

const size_t machine_inquiry_count = sizeof machine_inquiries / sizeof machine_inquiries[0];

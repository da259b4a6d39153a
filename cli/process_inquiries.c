#include "cli/inquiry.h"

#define FP8 "fp8_config"

/* Whose devices are counted by one name. */
#define COUNT_DEVICES(types_, devices_)                                                                        \
    ASK_WHOLE(                                                                                                 \
        NULL, "num_processes", "1", 1, 1e6,                                                                    \
        "How many " devices_ " should be used for distributed training? [1]: ", "distributed_type=" types_)
#define CHOOSE_DEVICES(types_, devices_)                                                                       \
    ASK_TEXT(NULL, "gpu_ids", "all",                                                                           \
             "What " devices_ " (by id) should be used for training on this machine as a comma-separated "     \
             "list? [all]: ",                                                                                  \
             "use_cpu!=True distributed_type=" types_)

/* GEMMs, three of a list. */
#define ASK_GEMM(name_)                                                                                        \
    {.kind = INQUIRY_TRUTH,                                                                                    \
     .section = FP8,                                                                                           \
     .name = name_,                                                                                            \
     .key = "override_linear_precision",                                                                       \
     .listed = true,                                                                                           \
     .absent = "no",                                                                                           \
     .text = "Should `" name_ "` be executed in higher precision? [yes/NO]: ",                                 \
     .when = "override_linear_precision=True"}
#define GIVE_GEMM(name_)                                                                                       \
    {.kind = INQUIRY_GIVEN,                                                                                    \
     .section = FP8,                                                                                           \
     .name = name_,                                                                                            \
     .key = "override_linear_precision",                                                                       \
     .listed = true,                                                                                           \
     .spelled = CONFIGURATION_TRUTH,                                                                           \
     .given = "False",                                                                                         \
     .when = "override_linear_precision=False"}

const inquiry process_inquiries[] = {
    /* ---- processes ---- */
    GIVE(NULL, "num_processes", CONFIGURATION_WHOLE, "1", "distributed_type=NO"),
    COUNT_DEVICES("MULTI_CPU", "processes"),
    COUNT_DEVICES("MULTI_XPU", "XPU(s)"),
    COUNT_DEVICES("MULTI_HPU", "HPU(s)"),
    COUNT_DEVICES("MULTI_GPU|FSDP|DEEPSPEED|MEGATRON_LM", "GPU(s)"),
    COUNT_DEVICES("MULTI_NPU", "NPU(s)"),
    COUNT_DEVICES("MULTI_MLU", "MLU(s)"),
    COUNT_DEVICES("MULTI_SDAA", "SDAA(s)"),
    COUNT_DEVICES("MULTI_MUSA", "MUSA(s)"),
    COUNT_DEVICES("MULTI_NEURON", "NEURON cores"),
    CHOOSE_DEVICES("NO|MULTI_GPU", "GPU(s)"),
    CHOOSE_DEVICES("MULTI_XPU", "XPU(s)"),
    CHOOSE_DEVICES("MULTI_HPU", "HPU(s)"),
    CHOOSE_DEVICES("MULTI_NPU", "NPU(s)"),
    CHOOSE_DEVICES("MULTI_MLU", "MLU(s)"),
    CHOOSE_DEVICES("MULTI_SDAA", "SDAA(s)"),
    CHOOSE_DEVICES("MULTI_MUSA", "MUSA(s)"),
    CHOOSE_DEVICES("MULTI_NEURON", "Neuron cores"),
    ASK_TRUTH(NULL, "enable_cpu_affinity", "no",
              "Would you like to enable numa efficiency? (Currently only supported on NVIDIA hardware). "
              "[yes/NO]: ",
              "use_cpu!=True distributed_type=NO|MULTI_GPU"),

    /* ---- precision, which a file of DeepSpeed's has by itself ---- */
    ASK_WHICH(NULL, "mixed_precision", NULL, "0", "Do you wish to use mixed precision?",
              "use_deepspeed_config!=True"),
    TELL("fp8 is for programs of Python; accelerate launch refuses it for others.", "mixed_precision=fp8"),
    {.kind = INQUIRY_CHOICE,
     .section = FP8,
     .name = "backend",
     .spelled = CONFIGURATION_TEXT,
     .absent = "0",
     .text = "Which FP8 backend do you want to use?",
     .when = "mixed_precision=fp8"},
    ASK_TRUTH(FP8, "use_autocast_during_eval", "no",
              "Do you want to use FP8 autocast during eval mode? Generally better metrics are found when this "
              "is disabled [yes/NO]: ",
              "backend=TE"),
    ASK_WHOLE(FP8, "margin", "0", 0, 1e6,
              "What margin should be used for gradient scaling? [0]: ", "backend=TE"),
    ASK_WHOLE(
        FP8, "interval", "1", 1, 1e6,
        "What interval should be used for how often the scaling factor is recomputed? [1]: ", "backend=TE"),
    ASK_WHICH(FP8, "fp8_format", NULL, "0", "Which weight format should be used?", "backend=TE"),
    ASK_WHOLE(FP8, "amax_history_length", "1024", 1, 1e6,
              "What length of history should be used for the amax scaling factor computation? [1024]: ",
              "backend=TE"),
    ASK_WHICH(FP8, "amax_compute_algorithm", NULL, "0",
              "Which algorithm should be used for the amax scaling factor computation?", "backend=TE"),
    ASK_WHETHER("override_linear_precision",
                "Do you want to execute `fprop`, `dgrad`, and `wgrad` GEMMS in higher precision? [yes/NO]: ",
                "backend=TE"),
    ASK_GEMM("fprop"),
    ASK_GEMM("dgrad"),
    ASK_GEMM("wgrad"),
    GIVE_GEMM("fprop"),
    GIVE_GEMM("dgrad"),
    GIVE_GEMM("wgrad"),
    ASK_WHICH(FP8, "optimization_level", NULL, "1", "Which optimization level should be used?",
              "backend=MSAMP"),
    ASK_TRUTH(FP8, "enable_fsdp_float8_all_gather", "yes",
              "Do you want to enable FSDP2 float8 all gather? This is recommended for better performance if "
              "using FSDP2. [YES/no]: ",
              "backend=AO"),
    ASK_TRUTH(FP8, "pad_inner_dim", "yes",
              "Do you want to pad the inner dimension of weight matrices before float8 matmuls? This is "
              "required for _scaled_mm which has strict alignment requirements. Note: padding may cause "
              "memory spikes. [YES/no]: ",
              "backend=AO"),
    TELL(
        "Torch dynamo used without mixed precision requires TF32 to be efficient. Accelerate will enable it by "
        "default when launching your scripts.",
        "use_dynamo=True mixed_precision=no use_cpu!=True"),

    /* ---- of TPUs, as the reference has them in every file ---- */
    GIVE(NULL, "downcast_bf16", CONFIGURATION_TEXT, "no", NULL),
};

const size_t process_inquiry_count = sizeof process_inquiries / sizeof process_inquiries[0];

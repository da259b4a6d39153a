#include "launch/setting.h"

static const char *const dynamo_modes[] = {"default", "reduce-overhead", "max-autotune", NULL};
static const char *const fp8_backends[] = {"ao", "te", "msamp", NULL};
static const char *const fp8_formats[] = {"HYBRID", "E4M3", "E5M2", NULL};
static const char *const fp8_algorithms[] = {"max", "most_recent", NULL};
static const char *const fp8_levels[] = {"O1", "O2", NULL};
static const char *const fsdp_versions[] = {"1", "2", NULL};
const char *const setting_strategies[] = {"FULL_SHARD",   "SHARD_GRAD_OP",      "NO_SHARD",
                                          "HYBRID_SHARD", "HYBRID_SHARD_ZERO2", NULL};
static const char *const context_backends[] = {"torch", NULL};
static const char *const sequence_backends[] = {"deepspeed", NULL};

#define SWITCH(group_, name_, variable_)                                                                       \
    {.name = name_, .group = group_, .kind = SETTING_SWITCH, .absent = "False", .variable = variable_}
#define TEXT(group_, name_, absent_, variable_, letters_)                                                      \
    {.name = name_,                                                                                            \
     .group = group_,                                                                                          \
     .kind = SETTING_TEXT,                                                                                     \
     .value = "TEXT",                                                                                          \
     .absent = absent_,                                                                                        \
     .variable = variable_,                                                                                    \
     .letters = letters_}
#define WORD(group_, name_, words_, absent_, variable_)                                                        \
    {.name = name_,                                                                                            \
     .group = group_,                                                                                          \
     .kind = SETTING_WORD,                                                                                     \
     .value = "WORD",                                                                                          \
     .words = words_,                                                                                          \
     .absent = absent_,                                                                                        \
     .variable = variable_}
#define WHOLE(group_, name_, absent_, variable_)                                                               \
    {.name = name_,                                                                                            \
     .group = group_,                                                                                          \
     .kind = SETTING_WHOLE,                                                                                    \
     .value = "N",                                                                                             \
     .least = -1e15,                                                                                           \
     .most = 1e15,                                                                                             \
     .absent = absent_,                                                                                        \
     .variable = variable_}
#define NUMBER(group_, name_, absent_, variable_)                                                              \
    {.name = name_,                                                                                            \
     .group = group_,                                                                                          \
     .kind = SETTING_NUMBER,                                                                                   \
     .value = "X",                                                                                             \
     .least = -1e300,                                                                                          \
     .most = 1e300,                                                                                            \
     .absent = absent_,                                                                                        \
     .variable = variable_}
#define TRUTH(group_, name_, absent_, variable_)                                                               \
    {.name = name_,                                                                                            \
     .group = group_,                                                                                          \
     .kind = SETTING_TRUTH,                                                                                    \
     .value = "BOOL",                                                                                          \
     .absent = absent_,                                                                                        \
     .variable = variable_}

#define BIT(group_, name_, absent_, variable_)                                                                 \
    {.name = name_,                                                                                            \
     .group = group_,                                                                                          \
     .kind = SETTING_BIT,                                                                                      \
     .value = "BOOL",                                                                                          \
     .absent = absent_,                                                                                        \
     .variable = variable_}

#define DEEPSPEED(name) "ACCELERATE_DEEPSPEED_" name
#define MEGATRON(name) "MEGATRON_LM_" name
#define PARALLELISM(name) "PARALLELISM_CONFIG_" name

/* In the order of the reference's help. Engines that are not here get them as the reference hands them on, and read them. */
const setting engine_settings[] = {
    WORD(GROUP_DYNAMO, "dynamo_mode", dynamo_modes, "default", "ACCELERATE_DYNAMO_MODE"),
    SWITCH(GROUP_DYNAMO, "dynamo_use_fullgraph", "ACCELERATE_DYNAMO_USE_FULLGRAPH"),
    SWITCH(GROUP_DYNAMO, "dynamo_use_dynamic", "ACCELERATE_DYNAMO_USE_DYNAMIC"),
    SWITCH(GROUP_DYNAMO, "dynamo_use_regional_compilation", "ACCELERATE_DYNAMO_USE_REGIONAL_COMPILATION"),

    {.name = "fp8_backend",
     .group = GROUP_FP8,
     .kind = SETTING_WORD,
     .value = "WORD",
     .words = fp8_backends,
     .variable = "ACCELERATE_FP8_BACKEND",
     .letters = CASE_UPPER},
    SWITCH(GROUP_FP8, "fp8_use_autocast_during_eval", "ACCELERATE_FP8_USE_AUTOCAST_DURING_EVAL"),
    WHOLE(GROUP_FP8, "fp8_margin", "0", "ACCELERATE_FP8_MARGIN"),
    WHOLE(GROUP_FP8, "fp8_interval", "1", "ACCELERATE_FP8_INTERVAL"),
    WORD(GROUP_FP8, "fp8_format", fp8_formats, "HYBRID", "ACCELERATE_FP8_FORMAT"),
    WHOLE(GROUP_FP8, "fp8_amax_history_len", "1024", "ACCELERATE_FP8_AMAX_HISTORY_LEN"),
    WORD(GROUP_FP8, "fp8_amax_compute_algo", fp8_algorithms, "most_recent", "ACCELERATE_FP8_AMAX_COMPUTE_ALGO"),
    TEXT(GROUP_FP8, "fp8_override_linear_precision", "False,False,False", NULL,
         CASE_AS_IS), /* is three variables */
    WORD(GROUP_FP8, "fp8_opt_level", fp8_levels, "O2", "ACCELERATE_FP8_OPT_LEVEL"),
    BIT(GROUP_FP8, "fp8_enable_fsdp_float8_all_gather", "1", "ACCELERATE_FP8_ENABLE_FSDP_FLOAT8_ALL_GATHER"),
    BIT(GROUP_FP8, "fp8_pad_inner_dim", "1", "ACCELERATE_FP8_PAD_INNER_DIM"),

    TEXT(GROUP_DEEPSPEED, "deepspeed_config_file", NULL, DEEPSPEED("CONFIG_FILE"), CASE_AS_IS),
    WHOLE(GROUP_DEEPSPEED, "zero_stage", NULL, DEEPSPEED("ZERO_STAGE")),
    TEXT(GROUP_DEEPSPEED, "offload_optimizer_device", NULL, DEEPSPEED("OFFLOAD_OPTIMIZER_DEVICE"), CASE_LOWER),
    TEXT(GROUP_DEEPSPEED, "offload_param_device", NULL, DEEPSPEED("OFFLOAD_PARAM_DEVICE"), CASE_LOWER),
    TEXT(GROUP_DEEPSPEED, "offload_optimizer_nvme_path", NULL, DEEPSPEED("OFFLOAD_OPTIMIZER_NVME_PATH"),
         CASE_AS_IS),
    TEXT(GROUP_DEEPSPEED, "offload_param_nvme_path", NULL, DEEPSPEED("OFFLOAD_PARAM_NVME_PATH"), CASE_AS_IS),
    {.name = "gradient_clipping",
     .group = GROUP_DEEPSPEED,
     .kind = SETTING_NUMBER,
     .value = "NUMBER",
     .least = -1e300,
     .most = 1e300,
     .instead = "auto",
     .variable = "ACCELERATE_GRADIENT_CLIPPING"},
    TEXT(GROUP_DEEPSPEED, "zero3_init_flag", NULL, DEEPSPEED("ZERO3_INIT"), CASE_LOWER),
    TEXT(GROUP_DEEPSPEED, "zero3_save_16bit_model", NULL, DEEPSPEED("ZERO3_SAVE_16BIT_MODEL"), CASE_LOWER),
    TEXT(GROUP_DEEPSPEED, "deepspeed_hostfile", NULL, NULL, CASE_AS_IS),
    TEXT(GROUP_DEEPSPEED, "deepspeed_exclusion_filter", NULL, NULL, CASE_AS_IS),
    TEXT(GROUP_DEEPSPEED, "deepspeed_inclusion_filter", NULL, NULL, CASE_AS_IS),
    TEXT(GROUP_DEEPSPEED, "deepspeed_multinode_launcher", NULL, NULL, CASE_AS_IS),
    TEXT(GROUP_DEEPSPEED, "deepspeed_moe_layer_cls_names", NULL, DEEPSPEED("MOE_LAYER_CLS_NAMES"), CASE_AS_IS),

    WORD(GROUP_FSDP, "fsdp_version", fsdp_versions, "1", "FSDP_VERSION"),
    TEXT(GROUP_FSDP, "fsdp_offload_params", "false", "FSDP_OFFLOAD_PARAMS", CASE_LOWER),
    WHOLE(GROUP_FSDP, "fsdp_min_num_params", "100000000", "FSDP_MIN_NUM_PARAMS"),
    TEXT(GROUP_FSDP, "fsdp_sharding_strategy", "FULL_SHARD", "FSDP_SHARDING_STRATEGY", CASE_AS_IS),
    TEXT(GROUP_FSDP, "fsdp_reshard_after_forward", "true", "FSDP_RESHARD_AFTER_FORWARD", CASE_LOWER),
    TEXT(GROUP_FSDP, "fsdp_auto_wrap_policy", NULL, "FSDP_AUTO_WRAP_POLICY", CASE_AS_IS),
    TEXT(GROUP_FSDP, "fsdp_transformer_layer_cls_to_wrap", NULL, "FSDP_TRANSFORMER_CLS_TO_WRAP", CASE_AS_IS),
    TEXT(GROUP_FSDP, "fsdp_backward_prefetch", NULL, "FSDP_BACKWARD_PREFETCH", CASE_AS_IS),
    TEXT(GROUP_FSDP, "fsdp_state_dict_type", NULL, "FSDP_STATE_DICT_TYPE", CASE_AS_IS),
    TEXT(GROUP_FSDP, "fsdp_forward_prefetch", "false", "FSDP_FORWARD_PREFETCH", CASE_LOWER),
    TEXT(GROUP_FSDP, "fsdp_use_orig_params", "true", "FSDP_USE_ORIG_PARAMS", CASE_LOWER),
    TEXT(GROUP_FSDP, "fsdp_cpu_ram_efficient_loading", "true", "FSDP_CPU_RAM_EFFICIENT_LOADING", CASE_LOWER),
    TEXT(GROUP_FSDP, "fsdp_sync_module_states", "true", "FSDP_SYNC_MODULE_STATES", CASE_LOWER),
    TEXT(GROUP_FSDP, "fsdp_activation_checkpointing", "false", "FSDP_ACTIVATION_CHECKPOINTING", CASE_LOWER),
    TEXT(GROUP_FSDP, "fsdp_activation_checkpointing_offload", "false", "FSDP_ACTIVATION_CHECKPOINTING_OFFLOAD",
         CASE_LOWER),
    TEXT(GROUP_FSDP, "fsdp_ignored_modules", NULL, "FSDP_IGNORED_MODULES", CASE_AS_IS),

    WHOLE(GROUP_MEGATRON, "megatron_lm_tp_degree", "1", MEGATRON("TP_DEGREE")),
    TRUTH(GROUP_MEGATRON, "megatron_lm_use_custom_fsdp", "False", MEGATRON("USE_CUSTOM_FSDP")),
    TRUTH(GROUP_MEGATRON, "megatron_lm_no_load_optim", "False", MEGATRON("NO_LOAD_OPTIM")),
    TRUTH(GROUP_MEGATRON, "megatron_lm_eod_mask_loss", "False", MEGATRON("EOD_MASK_LOSS")),
    TRUTH(GROUP_MEGATRON, "megatron_lm_overlap_cpu_optimizer_d2h_h2d", "False",
          MEGATRON("OVERLAP_CPU_OPTIMIZER_D2H_H2D")),
    TRUTH(GROUP_MEGATRON, "megatron_lm_no_save_optim", "False", MEGATRON("NO_SAVE_OPTIM")),
    TRUTH(GROUP_MEGATRON, "megatron_lm_optimizer_cpu_offload", "False", MEGATRON("OPTIMIZER_CPU_OFFLOAD")),
    TRUTH(GROUP_MEGATRON, "megatron_lm_use_precision_aware_optimizer", "False",
          MEGATRON("USE_PRECISION_AWARE_OPTIMIZER")),
    WHOLE(GROUP_MEGATRON, "megatron_lm_decoder_last_pipeline_num_layers", NULL,
          MEGATRON("DECODER_LAST_PIPELINE_NUM_LAYERS")),
    WHOLE(GROUP_MEGATRON, "megatron_lm_pp_degree", "1", MEGATRON("PP_DEGREE")),
    WHOLE(GROUP_MEGATRON, "megatron_lm_num_micro_batches", NULL, MEGATRON("NUM_MICRO_BATCHES")),
    TEXT(GROUP_MEGATRON, "megatron_lm_sequence_parallelism", NULL, MEGATRON("SEQUENCE_PARALLELISM"),
         CASE_AS_IS),
    TEXT(GROUP_MEGATRON, "megatron_lm_recompute_activations", NULL, MEGATRON("RECOMPUTE_ACTIVATIONS"),
         CASE_AS_IS),
    TEXT(GROUP_MEGATRON, "megatron_lm_use_distributed_optimizer", NULL, MEGATRON("USE_DISTRIBUTED_OPTIMIZER"),
         CASE_AS_IS),
    NUMBER(GROUP_MEGATRON, "megatron_lm_gradient_clipping", "1.0", MEGATRON("GRADIENT_CLIPPING")),
    TEXT(GROUP_MEGATRON, "megatron_lm_recompute_granularity", NULL, MEGATRON("RECOMPUTE_GRANULARITY"),
         CASE_AS_IS),
    TEXT(GROUP_MEGATRON, "megatron_lm_recompute_method", NULL, MEGATRON("RECOMPUTE_METHOD"), CASE_AS_IS),
    WHOLE(GROUP_MEGATRON, "megatron_lm_recompute_num_layers", NULL, MEGATRON("RECOMPUTE_NUM_LAYERS")),
    TEXT(GROUP_MEGATRON, "megatron_lm_attention_backend", NULL, MEGATRON("ATTENTION_BACKEND"), CASE_AS_IS),
    WHOLE(GROUP_MEGATRON, "megatron_lm_expert_model_parallel_size", NULL,
          MEGATRON("EXPERT_MODEL_PARALLEL_SIZE")),
    WHOLE(GROUP_MEGATRON, "megatron_lm_context_parallel_size", NULL, MEGATRON("CONTEXT_PARALLEL_SIZE")),
    NUMBER(GROUP_MEGATRON, "megatron_lm_attention_dropout", NULL, MEGATRON("ATTENTION_DROPOUT")),
    NUMBER(GROUP_MEGATRON, "megatron_lm_hidden_dropout", NULL, MEGATRON("HIDDEN_DROPOUT")),
    TEXT(GROUP_MEGATRON, "megatron_lm_attention_softmax_in_fp32", NULL, MEGATRON("ATTENTION_SOFTMAX_IN_FP32"),
         CASE_AS_IS),
    WHOLE(GROUP_MEGATRON, "megatron_lm_expert_tensor_parallel_size", NULL,
          MEGATRON("EXPERT_TENSOR_PARALLEL_SIZE")),
    TEXT(GROUP_MEGATRON, "megatron_lm_calculate_per_token_loss", NULL, MEGATRON("CALCULATE_PER_TOKEN_LOSS"),
         CASE_AS_IS),
    TEXT(GROUP_MEGATRON, "megatron_lm_use_rotary_position_embeddings", NULL,
         MEGATRON("USE_ROTARY_POSITION_EMBEDDINGS"), CASE_AS_IS),

    WHOLE(GROUP_PARALLELISM, "parallelism_config_dp_replicate_size", "1", PARALLELISM("DP_REPLICATE_SIZE")),
    WHOLE(GROUP_PARALLELISM, "parallelism_config_dp_shard_size", "1", PARALLELISM("DP_SHARD_SIZE")),
    WHOLE(GROUP_PARALLELISM, "parallelism_config_tp_size", "1", PARALLELISM("TP_SIZE")),
    WHOLE(GROUP_PARALLELISM, "parallelism_config_cp_size", "1", PARALLELISM("CP_SIZE")),
    WORD(GROUP_PARALLELISM, "parallelism_config_cp_backend", context_backends, "torch",
         PARALLELISM("CP_BACKEND")),
    TEXT(GROUP_PARALLELISM, "parallelism_config_cp_comm_strategy", "allgather", PARALLELISM("CP_COMM_STRATEGY"),
         CASE_AS_IS),
    WHOLE(GROUP_PARALLELISM, "parallelism_config_sp_size", "1", PARALLELISM("SP_SIZE")),
    WORD(GROUP_PARALLELISM, "parallelism_config_sp_backend", sequence_backends, "deepspeed",
         PARALLELISM("SP_BACKEND")),
    TEXT(GROUP_PARALLELISM, "parallelism_config_sp_seq_length", "None", PARALLELISM("SP_SEQ_LENGTH"),
         CASE_AS_IS),
    TRUTH(GROUP_PARALLELISM, "parallelism_config_sp_seq_length_is_variable", "True",
          PARALLELISM("SP_SEQ_LENGTH_IS_VARIABLE")),
    TEXT(GROUP_PARALLELISM, "parallelism_config_sp_attn_implementation", "sdpa",
         PARALLELISM("SP_ATTN_IMPLEMENTATION"), CASE_AS_IS),

    SWITCH(GROUP_TPU, "tpu_cluster", NULL),
    SWITCH(GROUP_TPU, "tpu_use_sudo", NULL),
    TEXT(GROUP_TPU, "vm", NULL, NULL, CASE_AS_IS),
    TEXT(GROUP_TPU, "env", NULL, NULL, CASE_AS_IS),
    TEXT(GROUP_TPU, "main_training_function", "main", NULL, CASE_AS_IS),
    SWITCH(GROUP_TPU, "downcast_bf16", NULL),
};

const size_t engine_setting_count = sizeof engine_settings / sizeof engine_settings[0];

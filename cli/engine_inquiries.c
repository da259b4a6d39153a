#include "cli/inquiry.h"

#define DEEPSPEED "deepspeed_config"
#define FSDP "fsdp_config"
#define PARALLELISM "parallelism_config"
#define MEGATRON "megatron_lm_config"

/* Without a file of its own. */
#define OWN_DEEPSPEED "use_deepspeed=True use_deepspeed_config=False"
#define OTHER_LAUNCHERS "deepspeed_multinode_launcher=pdsh|openmpi|mvapich|mpich|nossh|slurm"

enum { SIZE_MOST = 1000000 };

static const char *const zero_stages[] = {"0", "1", "2", "3", NULL};
static const char *const offload_devices[] = {"none", "cpu", "nvme", NULL};
static const char *const launchers[] = {"pdsh",  "standard", "openmpi", "mvapich",
                                        "mpich", "nossh",    "slurm",   NULL};
static const char *const policies[] = {"TRANSFORMER_BASED_WRAP", "SIZE_BASED_WRAP", "NO_WRAP", NULL};
static const char *const prefetches[] = {"BACKWARD_PRE", "BACKWARD_POST", "NO_PREFETCH", NULL};
static const char *const state_types[] = {"FULL_STATE_DICT", "LOCAL_STATE_DICT", "SHARDED_STATE_DICT", NULL};
static const char *const newer_state_types[] = {"SHARDED_STATE_DICT", "FULL_STATE_DICT", NULL};
static const char *const communications[] = {"allgather", "alltoall", NULL};

const inquiry engine_inquiries[] = {
    /* ---- DeepSpeed ---- */
    ASK_WHETHER("use_deepspeed",
                "Do you want to use DeepSpeed? [yes/NO]: ", "distributed_type=NO|" INQUIRY_ACCELERATORS),
    GIVE(NULL, "distributed_type", CONFIGURATION_TEXT, "DEEPSPEED", "use_deepspeed=True"),
    TELL("DeepSpeed is for programs of Python; accelerate launch refuses it for others.", "use_deepspeed=True"),
    ASK_WHETHER("use_deepspeed_config",
                "Do you want to specify a json file to a DeepSpeed config? [yes/NO]: ", "use_deepspeed=True"),
    ASK_PATH(DEEPSPEED, "deepspeed_config_file", NULL,
             "Please enter the path to the json DeepSpeed config file: ", "use_deepspeed_config=True"),
    ASK_WHICH_NUMBER(DEEPSPEED, "zero_stage", zero_stages, "2",
                     "What should be your DeepSpeed's ZeRO optimization stage?", OWN_DEEPSPEED),
    ASK_WHICH(DEEPSPEED, "offload_optimizer_device", offload_devices, "0", "Where to offload optimizer states?",
              "zero_stage=2|3"),
    ASK_WHICH(DEEPSPEED, "offload_param_device", offload_devices, "0", "Where to offload parameters?",
              "zero_stage=2|3"),
    ASK_PATH(DEEPSPEED, "offload_param_nvme_path", "/nvme",
             "Nvme Path to offload parameters? [/nvme]: ", "offload_param_device=nvme"),
    ASK_PATH(DEEPSPEED, "offload_optimizer_nvme_path", "/nvme",
             "Nvme Path to offload optimizer states? [/nvme]: ", "offload_optimizer_device=nvme"),
    ASK_WHOLE(DEEPSPEED, "gradient_accumulation_steps", "1", 1, 1e6,
              "How many gradient accumulation steps you're passing in your script? [1]: ", OWN_DEEPSPEED),
    ASK_WHETHER("use_gradient_clipping", "Do you want to use gradient clipping? [yes/NO]: ", OWN_DEEPSPEED),
    ASK_NUMBER(DEEPSPEED, "gradient_clipping", "1.0",
               "What is the gradient clipping value? [1.0]: ", "use_gradient_clipping=True"),
    ASK_TRUTH(DEEPSPEED, "zero3_save_16bit_model", "no",
              "Do you want to save 16-bit model weights when using ZeRO Stage-3? [yes/NO]: ", "zero_stage=3"),
    ASK_TRUTH(DEEPSPEED, "zero3_init_flag", "no",
              "Do you want to enable `deepspeed.zero.Init` when using ZeRO Stage-3 for constructing massive "
              "models? [yes/NO]: ",
              "use_deepspeed=True"),
    ASK_WHETHER("use_moe",
                "Do you want to enable Mixture-of-Experts training (MoE)? [yes/NO]: ", "use_deepspeed=True"),
    ASK_TEXT(DEEPSPEED, "deepspeed_moe_layer_cls_names", NULL,
             "Specify the comma-separated list of transformers MoE layer class names (case-sensitive), e.g :  "
             "`MixtralSparseMoeBlock`, `Qwen2MoeSparseMoeBlock`, `JetMoEAttention,JetMoEBlock` ... : ",
             "use_moe=True"),
    ASK_WHICH(DEEPSPEED, "deepspeed_multinode_launcher", launchers, "0",
              "Which Type of launcher do you want to use?", "use_deepspeed=True num_machines>1"),
    TELL("This accelerate launch starts the processes of each machine itself, which is standard; it refuses "
         "the others.",
         OTHER_LAUNCHERS),
    ASK_PATH(DEEPSPEED, "deepspeed_hostfile", NULL,
             "DeepSpeed configures multi-node compute resources with hostfile. "
             "Each row is of the format `hostname slots=[num_gpus]`, e.g., `localhost slots=2`; "
             "for more information please refer official [documentation]"
             "(https://www.deepspeed.ai/getting-started/#resource-configuration-multi-node). "
             "Please specify the location of hostfile: ",
             OTHER_LAUNCHERS),
    ASK_WHETHER("is_exclusion_filter",
                "Do you want to specify exclusion filter string? [yes/NO]: ", OTHER_LAUNCHERS),
    ASK_TEXT(DEEPSPEED, "deepspeed_exclusion_filter", NULL,
             "DeepSpeed exclusion filter string: ", "is_exclusion_filter=True"),
    ASK_WHETHER("is_inclusion_filter",
                "Do you want to specify inclusion filter string? [yes/NO]: ", OTHER_LAUNCHERS),
    ASK_TEXT(DEEPSPEED, "deepspeed_inclusion_filter", NULL,
             "DeepSpeed inclusion filter string: ", "is_inclusion_filter=True"),

    /* ---- FSDP, whose second version has no use for some of the first one's settings ---- */
    ASK_WHETHER("use_fsdp", "Do you want to use FullyShardedDataParallel? [yes/NO]: ",
                "distributed_type=" INQUIRY_ACCELERATORS),
    GIVE(NULL, "distributed_type", CONFIGURATION_TEXT, "FSDP", "use_fsdp=True"),
    TELL("FullyShardedDataParallel is for programs of Python; accelerate launch refuses it for others.",
         "use_fsdp=True"),
    ASK_WHICH_NUMBER(FSDP, "fsdp_version", NULL, "1",
                     "What should be your FSDP version? [2]: ", "use_fsdp=True"),
    ASK_WHICH(FSDP, "fsdp_reshard_after_forward", setting_strategies, "0",
              "What should be your sharding strategy?", "fsdp_version=1"),
    ASK_TRUTH(FSDP, "fsdp_reshard_after_forward", "yes",
              "Do you want to enable resharding after forward? [YES/no]: ", "fsdp_version=2"),
    ASK_TRUTH(FSDP, "fsdp_offload_params", "no",
              "Do you want to offload parameters and gradients to CPU? [yes/NO]: ", "use_fsdp=True"),
    ASK_WHICH(FSDP, "fsdp_auto_wrap_policy", policies, "0", "What should be your auto wrap policy?",
              "use_fsdp=True"),
    ASK_WHETHER("use_no_split_modules",
                "Do you want to use the model's `_no_split_modules` to wrap. Only applicable for "
                "Transformers [yes/NO]: ",
                "fsdp_auto_wrap_policy=TRANSFORMER_BASED_WRAP"),
    ASK_TEXT(FSDP, "fsdp_transformer_layer_cls_to_wrap", NULL,
             "Specify the comma-separated list of transformer layer class names (case-sensitive) to wrap ,e.g, "
             ":`BertLayer`, `GPTJBlock`, `T5Block`, `BertLayer,BertEmbeddings,BertSelfOutput` ...? : ",
             "use_no_split_modules=False"),
    ASK_WHOLE(
        FSDP, "fsdp_min_num_params", "100000000", 0, 1e15,
        "What should be your FSDP's minimum number of parameters for Default Auto Wrapping Policy? [1e8]: ",
        "fsdp_auto_wrap_policy=SIZE_BASED_WRAP"),
    ASK_WHICH(FSDP, "fsdp_backward_prefetch", prefetches, "0",
              "What should be your FSDP's backward prefetch policy?", "fsdp_version=1"),
    ASK_WHICH(FSDP, "fsdp_state_dict_type", state_types, "0", "What should be your FSDP's state dict type?",
              "fsdp_version=1"),
    ASK_WHICH(FSDP, "fsdp_state_dict_type", newer_state_types, "0",
              "What should be your FSDP's state dict type?", "fsdp_version=2"),
    ASK_TRUTH(FSDP, "fsdp_forward_prefetch", "no",
              "Do you want to enable FSDP's forward prefetch policy? [yes/NO]: ", "fsdp_version=1"),
    ASK_TRUTH(FSDP, "fsdp_use_orig_params", "yes",
              "Do you want to enable FSDP's `use_orig_params` feature? [YES/no]: ", "fsdp_version=1"),
    ASK_TRUTH(FSDP, "fsdp_cpu_ram_efficient_loading", "yes",
              "Do you want to enable CPU RAM efficient model loading? Only applicable for Transformers "
              "models. [YES/no]: ",
              "use_fsdp=True"),
    GIVE(FSDP, "fsdp_sync_module_states", CONFIGURATION_TRUTH, "True",
         "fsdp_version=1 fsdp_cpu_ram_efficient_loading=True"),
    ASK_TRUTH(FSDP, "fsdp_sync_module_states", "yes",
              "Do you want each individually wrapped FSDP unit to broadcast module parameters from rank 0 at "
              "the start? [YES/no]: ",
              "fsdp_version=1 fsdp_cpu_ram_efficient_loading=False"),
    ASK_TRUTH(FSDP, "fsdp_activation_checkpointing", "no",
              "Do you want to enable FSDP activation checkpointing? [yes/NO]: ", "use_fsdp=True"),

    /* ---- parallelism in several dimensions ---- */
    ASK_WHETHER("use_parallelism_config",
                "Do you want to use the parallelism config? [yes/NO]: ", "fsdp_version=2"),
    ASK_WHOLE(PARALLELISM, "parallelism_config_dp_replicate_size", "1", 1, SIZE_MOST,
              "What is the data parallelism replicate size? [1]: ", "use_parallelism_config=True"),
    ASK_WHOLE(PARALLELISM, "parallelism_config_dp_shard_size", "1", 1, SIZE_MOST,
              "What is the FSDP shard size? [1]: ", "use_parallelism_config=True"),
    ASK_WHOLE(PARALLELISM, "parallelism_config_tp_size", "1", 1, SIZE_MOST,
              "What is the tensor parallelism size? [1]: ", "use_parallelism_config=True"),
    ASK_WHOLE(PARALLELISM, "parallelism_config_cp_size", "1", 1, SIZE_MOST,
              "What is the context parallelism size? [1]: ", "use_parallelism_config=True"),
    ASK_WHICH(PARALLELISM, "parallelism_config_cp_comm_strategy", communications, "0",
              "What is the compute parallelism communication strategy?", "parallelism_config_cp_size>1"),

    /* ---- Megatron-LM ---- */
    ASK_WHETHER("use_megatron_lm", "Do you want to use Megatron-LM ? [yes/NO]: ", "distributed_type=MULTI_GPU"),
    GIVE(NULL, "distributed_type", CONFIGURATION_TEXT, "MEGATRON_LM", "use_megatron_lm=True"),
    TELL("Megatron-LM is for programs of Python; accelerate launch refuses it for others.",
         "use_megatron_lm=True"),
    ASK_WHOLE(MEGATRON, "megatron_lm_tp_degree", "1", 1, SIZE_MOST,
              "What is the Tensor Parallelism degree/size? [1]: ", "use_megatron_lm=True"),
    ASK_TRUTH(MEGATRON, "megatron_lm_sequence_parallelism", "yes",
              "Do you want to enable Sequence Parallelism? [YES/no]: ", "megatron_lm_tp_degree>1"),
    ASK_WHOLE(MEGATRON, "megatron_lm_pp_degree", "1", 1, SIZE_MOST,
              "What is the Pipeline Parallelism degree/size? [1]: ", "use_megatron_lm=True"),
    ASK_WHOLE(MEGATRON, "megatron_lm_num_micro_batches", "1", 1, SIZE_MOST,
              "What is the number of micro-batches? [1]: ", "megatron_lm_pp_degree>1"),
    ASK_TRUTH(MEGATRON, "megatron_lm_recompute_activations", "yes",
              "Do you want to enable selective activation recomputation? [YES/no]: ", "use_megatron_lm=True"),
    ASK_TRUTH(MEGATRON, "megatron_lm_use_distributed_optimizer", "yes",
              "Do you want to use distributed optimizer which shards optimizer state and gradients across data "
              "parallel ranks? [YES/no]: ",
              "use_megatron_lm=True"),
    ASK_NUMBER(MEGATRON, "megatron_lm_gradient_clipping", "1.0",
               "What is the gradient clipping value based on global L2 Norm (0 to disable)? [1.0]: ",
               "use_megatron_lm=True"),
};

const size_t engine_inquiry_count = sizeof engine_inquiries / sizeof engine_inquiries[0];

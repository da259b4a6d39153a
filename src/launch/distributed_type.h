/* How a configuration says that it is trained: its distributed_type, one row each. */
#ifndef ACCEL_LAUNCH_DISTRIBUTED_TYPE_H
#define ACCEL_LAUNCH_DISTRIBUTED_TYPE_H

/* Which engine trains. */
typedef enum paradigm {
    PARADIGM_PLAIN, /* the CPU, or one GPU */
    PARADIGM_MULTI_GPU,
    PARADIGM_DEEPSPEED,
    PARADIGM_FSDP,
    PARADIGM_MEGATRON,
    PARADIGM_TPU /* which is refused */
} paradigm;

typedef struct distributed_type {
    const char *name;
    paradigm paradigm;
    const char *devices; /* the variable that leaves a program some of its maker's; NULL: ENVIRONMENT_GPUS */
} distributed_type;

typedef enum distributed_id {
    DISTRIBUTED_NO,
    DISTRIBUTED_MULTI_CPU,
    DISTRIBUTED_MULTI_GPU,
    DISTRIBUTED_MULTI_NPU,
    DISTRIBUTED_MULTI_MLU,
    DISTRIBUTED_MULTI_SDAA,
    DISTRIBUTED_MULTI_MUSA,
    DISTRIBUTED_MULTI_XPU,
    DISTRIBUTED_MULTI_HPU,
    DISTRIBUTED_MULTI_NEURON,
    DISTRIBUTED_DEEPSPEED,
    DISTRIBUTED_FSDP,
    DISTRIBUTED_XLA,
    DISTRIBUTED_TPU,
    DISTRIBUTED_MEGATRON_LM,
    DISTRIBUTED_TYPES /* how many these are */
} distributed_id;

extern const distributed_type distributed_types[DISTRIBUTED_TYPES];

/* The one of that name; NULL: none. */
const distributed_type *distributed_type_find(const char *name);

/* The first whose engine that is. */
const distributed_type *distributed_type_of(paradigm p);

#endif

#include "launch/distributed_type.h"

#include <stddef.h>
#include <string.h>

const distributed_type distributed_types[DISTRIBUTED_TYPES] = {
    [DISTRIBUTED_NO] = {"NO", PARADIGM_PLAIN, NULL},
    [DISTRIBUTED_MULTI_CPU] = {"MULTI_CPU", PARADIGM_PLAIN, NULL},
    [DISTRIBUTED_MULTI_GPU] = {"MULTI_GPU", PARADIGM_MULTI_GPU, NULL},
    [DISTRIBUTED_MULTI_NPU] = {"MULTI_NPU", PARADIGM_MULTI_GPU, "ASCEND_RT_VISIBLE_DEVICES"},
    [DISTRIBUTED_MULTI_MLU] = {"MULTI_MLU", PARADIGM_MULTI_GPU, "MLU_VISIBLE_DEVICES"},
    [DISTRIBUTED_MULTI_SDAA] = {"MULTI_SDAA", PARADIGM_MULTI_GPU, "SDAA_VISIBLE_DEVICES"},
    [DISTRIBUTED_MULTI_MUSA] = {"MULTI_MUSA", PARADIGM_MULTI_GPU, "MUSA_VISIBLE_DEVICES"},
    [DISTRIBUTED_MULTI_XPU] = {"MULTI_XPU", PARADIGM_MULTI_GPU, "ZE_AFFINITY_MASK"},
    [DISTRIBUTED_MULTI_HPU] = {"MULTI_HPU", PARADIGM_MULTI_GPU, "HABANA_VISIBLE_MODULES"},
    [DISTRIBUTED_MULTI_NEURON] = {"MULTI_NEURON", PARADIGM_MULTI_GPU, "NEURON_RT_VISIBLE_CORES"},
    [DISTRIBUTED_DEEPSPEED] = {"DEEPSPEED", PARADIGM_DEEPSPEED, NULL},
    [DISTRIBUTED_FSDP] = {"FSDP", PARADIGM_FSDP, NULL},
    [DISTRIBUTED_XLA] = {"XLA", PARADIGM_TPU, NULL},
    [DISTRIBUTED_TPU] = {"TPU", PARADIGM_TPU, NULL},
    [DISTRIBUTED_MEGATRON_LM] = {"MEGATRON_LM", PARADIGM_MEGATRON, NULL},
};

const distributed_type *distributed_type_find(const char *name)
{
    for (size_t i = 0; i < DISTRIBUTED_TYPES; i++)
        if (strcmp(distributed_types[i].name, name) == 0)
            return &distributed_types[i];
    return NULL;
}

const distributed_type *distributed_type_of(paradigm p)
{
    size_t i = 0;
    while (distributed_types[i].paradigm != p)
        i++;
    return &distributed_types[i];
}

#include "cli/inquiry.h"

#include <string.h>

#include "base/memory.h"
#include "cli/condition.h"
#include "launch/choices.h"

static const inquiry_refusal refusals[] = {
    {"use_deepspeed", "use_deepspeed=True use_cpu=True", "DeepSpeed does not train on CPUs alone."},
    {"use_deepspeed", "use_deepspeed=True distributed_type=MULTI_NEURON",
     "DeepSpeed is not supported on Neuron devices."},
    {"use_fsdp", "use_fsdp=True distributed_type=MULTI_NEURON", "FSDP is not supported on Neuron devices."},
    {"num_processes", "distributed_type=MULTI_GPU num_machines=1 num_processes=1",
     "One GPU of one machine is no distributed training: please enter more, or begin anew with \"No "
     "distributed "
     "training\"."},
    {"num_processes", "num_processes%num_machines",
     "Each machine has as many processes as the others: please enter a multiple of the number of machines."},
};

const inquiry *inquiry_at(size_t index)
{
    if (index < machine_inquiry_count)
        return &machine_inquiries[index];
    index -= machine_inquiry_count;
    if (index < engine_inquiry_count)
        return &engine_inquiries[index];
    index -= engine_inquiry_count;
    return index < process_inquiry_count ? &process_inquiries[index] : NULL;
}

const setting *inquiry_setting(const inquiry *i)
{
    const size_t found = choices_find_key(i->section, i->key ? i->key : i->name);
    return found < setting_count() ? setting_at(found) : NULL;
}

const char **inquiry_words(const inquiry *i)
{
    const char *const *all = i->words ? i->words : inquiry_setting(i)->words;
    size_t count = 0;
    while (all[count])
        count++;
    const char **offered = memory_alloc(count + 1, sizeof *offered);
    for (count = 0; offered && *all; all++)
        if (!i->left_out || !condition_is_among(*all, i->left_out))
            offered[count++] = *all;
    return offered;
}

const char *inquiry_refuse(const configuration *answers, const char *name)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strcmp(refusals[i].name, name) == 0 && condition_holds(refusals[i].when, answers))
            return refusals[i].why;
    return NULL;
}

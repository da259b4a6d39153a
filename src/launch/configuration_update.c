#include <string.h>

#include "base/error.h"
#include "launch/configuration.h"
#include "launch/call.h"

/* What the newest version writes of every file. */
static const struct {
    const char *key;
    configuration_kind kind;
    const char *text;
} defaults[] = {
    {"compute_environment", CONFIGURATION_TEXT, "LOCAL_MACHINE"},
    {"debug", CONFIGURATION_TRUTH, "False"},
    {"downcast_bf16", CONFIGURATION_TRUTH, "False"},
    {"enable_cpu_affinity", CONFIGURATION_TRUTH, "False"},
    {"machine_rank", CONFIGURATION_WHOLE, "0"},
    {"main_training_function", CONFIGURATION_TEXT, "main"},
    {"num_machines", CONFIGURATION_WHOLE, "1"},
    {"rdzv_backend", CONFIGURATION_TEXT, "static"},
    {"same_network", CONFIGURATION_TRUTH, "False"},
    {"tpu_use_cluster", CONFIGURATION_TRUTH, "False"},
    {"tpu_use_sudo", CONFIGURATION_TRUTH, "False"},
    {"use_cpu", CONFIGURATION_TRUTH, "False"},
};

static bool says(const configuration_entry *e, const char *text) { return e && strcmp(e->text, text) == 0; }

/* Of the first versions. */
static accel_status rename_fp16(configuration *c)
{
    const configuration_entry *fp16 = configuration_find(c, NULL, "fp16");
    if (says(fp16, "True") && !configuration_find(c, NULL, "mixed_precision"))
        configuration_set(c, NULL, "mixed_precision", CONFIGURATION_TEXT, "fp16");
    configuration_remove(c, NULL, "fp16");
    return accel_error_status();
}

static accel_status rename_dynamo(configuration *c)
{
    const configuration_entry *backend = configuration_find(c, NULL, "dynamo_backend");
    if (backend && !says(backend, "NO"))
        configuration_set(c, "dynamo_config", "dynamo_backend", CONFIGURATION_TEXT, backend->text);
    configuration_remove(c, NULL, "dynamo_backend");
    return accel_error_status();
}

/* Before there were others than TPUs. */
static accel_status rename_tpu(configuration *c)
{
    return says(configuration_find(c, NULL, "distributed_type"), "TPU")
               ? configuration_set(c, NULL, "distributed_type", CONFIGURATION_TEXT, "XLA")
               : accel_error_status();
}

static void remove_what_had_an_effect(configuration *c)
{
    configuration_remove(c, NULL, "ipex_config");
    configuration_remove(c, "ipex_config", NULL);
    configuration_remove(c, "mpirun_config", "mpirun_ccl");
}

accel_status configuration_update(configuration *c)
{
    RETURN_STATUS_IF_FAILED();
    const configuration_entry *type = configuration_find(c, NULL, "distributed_type");
    if (!type)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s: has no distributed_type", c->path);
    if (!configuration_find(c, NULL, "num_processes"))
        configuration_set(c, NULL, "num_processes", CONFIGURATION_WHOLE, says(type, "NO") ? "1" : "-1");
    rename_fp16(c);
    rename_dynamo(c);
    rename_tpu(c);
    remove_what_had_an_effect(c);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (!configuration_find(c, NULL, defaults[i].key))
            configuration_set(c, NULL, defaults[i].key, defaults[i].kind, defaults[i].text);
    return accel_error_status();
}

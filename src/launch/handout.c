#include "launch/handout.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/environment.h"
#include "base/error.h"
#include "base/memory.h"
#include "launch/machine.h"

typedef struct list {
    char **items;
    size_t count;
} list;

static void add(list *l, const char *name, const char *value)
{
    buffer text = {0};
    char **more = NULL;
    if (buffer_printf(&text, "%s=%s", name, value) == ACCEL_OK)
        more = memory_resize(l->items, l->count + 2, sizeof *more);
    if (!more) {
        buffer_dispose(&text);
        return;
    }
    l->items = more;
    more[l->count++] = text.data;
    more[l->count] = NULL;
}

static void add_number(list *l, const char *name, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    add(l, name, text);
}

/* ---- rows of the settings ---- */

static void add_setting(list *l, const choices *c, size_t i)
{
    const setting *s = setting_at(i);
    const char *text = choices_text(c, i);
    if (!s->variable || !text)
        return;
    char *value = memory_copy_string(text);
    for (char *at = value; at && *at; at++)
        *at = (char)(s->letters == CASE_LOWER   ? tolower((unsigned char)*at)
                     : s->letters == CASE_UPPER ? toupper((unsigned char)*at)
                                                : *at);
    if (value)
        add(l, s->variable, value);
    memory_free(value);
}

static void add_group(list *l, const choices *c, setting_group group)
{
    for (size_t i = 0; i < setting_count(); i++)
        if (setting_at(i)->group == group)
            add_setting(l, c, i);
}

/* ---- what has a form of its own ---- */

/* "true,no,0" is three variables. */
static void add_fp8(list *l, const choices *c)
{
    static const char *const names[] = {"ACCELERATE_FP8_OVERRIDE_FPROP", "ACCELERATE_FP8_OVERRIDE_DGRAD",
                                        "ACCELERATE_FP8_OVERRIDE_WGRAD"};
    add_group(l, c, GROUP_FP8);
    const size_t precision = setting_find("fp8_override_linear_precision");
    const bool typed = c->of[precision].source == CHOICE_FLAG;
    const char *text = choices_text(c, precision);
    for (int i = 0; i < 3 && text; i++) {
        bool on = *text && (strchr("yYtT1", *text) || strncasecmp(text, "on", 2) == 0);
        add(l, names[i], typed ? (on ? "1" : "0") : on ? "True" : "False");
        text += strcspn(text, ",");
        text += *text == ',';
    }
}

static void add_deepspeed(list *l, const choices *c)
{
    buffer path = {0};
    char folder[4096];
    const char *before = getenv("PYTHONPATH");
    if (!realpath(".", folder))
        snprintf(folder, sizeof folder, ".");
    buffer_printf(&path, "%s%s%s", before ? before : "", before && *before ? ":" : "", folder);
    add(l, "PYTHONPATH", path.data ? path.data : "");
    buffer_dispose(&path);
    add(l, "ACCELERATE_CONFIG_DS_FIELDS", c->fields ? c->fields : "");
    add(l, "ACCELERATE_USE_DEEPSPEED", "true");
    add_group(l, c, GROUP_DEEPSPEED);
}

static void add_fsdp(list *l, const choices *c)
{
    add(l, "ACCELERATE_USE_FSDP", "true");
    add_group(l, c, GROUP_FSDP);
}

static void add_megatron(list *l, const choices *c)
{
    add(l, "ACCELERATE_USE_MEGATRON_LM", "true");
    add_group(l, c, GROUP_MEGATRON);
}

static bool goes_with(const choices *c, const char *name)
{
    static const char *const of_context[] = {"parallelism_config_cp_comm_strategy", NULL};
    static const char *const of_sequence[] = {"parallelism_config_sp_seq_length",
                                              "parallelism_config_sp_seq_length_is_variable",
                                              "parallelism_config_sp_attn_implementation", NULL};
    for (int i = 0; of_context[i]; i++)
        if (strcmp(name, of_context[i]) == 0)
            return choices_number(c, setting_find("parallelism_config_cp_size")) > 1;
    for (int i = 0; of_sequence[i]; i++)
        if (strcmp(name, of_sequence[i]) == 0)
            return choices_number(c, setting_find("parallelism_config_sp_size")) > 1;
    return true;
}

static void add_parallelism(list *l, const choices *c)
{
    add(l, "ACCELERATE_USE_PARALLELISM_CONFIG", "true");
    for (size_t i = 0; i < setting_count(); i++)
        if (setting_at(i)->group == GROUP_PARALLELISM && goes_with(c, setting_at(i)->name))
            add_setting(l, c, i);
}

/* Programs of C share the cores out by themselves. */
static void add_threads(list *l, const handout *h, const choices *c)
{
    int threads = choices_whole(c, SETTING_NUM_CPU_THREADS_PER_PROCESS);
    const char *outside = getenv("OMP_NUM_THREADS");
    if (threads == 0 && (!h->python || (outside && *outside)))
        return;
    if (threads == 0 && (h->cpu || h->gpus == 0) && h->paradigm == PARADIGM_PLAIN)
        threads = machine_count_cores() / h->local_processes;
    add_number(l, "OMP_NUM_THREADS", threads > 1 ? threads : 1);
}

/* What any program may look for: what was said, and nothing that was not. */
static void add_chosen(list *l, const handout *h, const choices *c)
{
    const char *ids = choices_text(c, SETTING_GPU_IDS);
    if (h->cpu)
        add(l, ENVIRONMENT_USE_CPU, "True");
    if (ids && strcmp(ids, "all") != 0)
        add(l, "CUDA_VISIBLE_DEVICES", ids);
    if (choices_is_made(c, SETTING_MIXED_PRECISION))
        add(l, ENVIRONMENT_MIXED_PRECISION, choices_text(c, SETTING_MIXED_PRECISION));
    if (choices_is_made(c, SETTING_GRADIENT_ACCUMULATION_STEPS))
        add(l, ENVIRONMENT_GRADIENT_ACCUMULATION_STEPS, choices_text(c, SETTING_GRADIENT_ACCUMULATION_STEPS));
    if (h->address) {
        add(l, ENVIRONMENT_MASTER_ADDR, h->address);
        add_number(l, ENVIRONMENT_MASTER_PORT, h->port);
    }
    if (h->timeout)
        add(l, ENVIRONMENT_TIMEOUT, h->timeout);
    if (h->paradigm != PARADIGM_DEEPSPEED)
        add_threads(l, h, c);
}

static void add_plain(list *l, const handout *h)
{
    if (!h->cpu) {
        add(l, ENVIRONMENT_USE_CPU, "False");
        return;
    }
    add(l, "KMP_AFFINITY", "granularity=fine,compact,1,0");
    add(l, "KMP_BLOCKTIME", "1");
}

static void add_for_python(list *l, const handout *h, const choices *c)
{
    const char *precision = choices_text(c, SETTING_MIXED_PRECISION);
    if (choices_is_on(c, SETTING_DEBUG))
        add(l, "ACCELERATE_DEBUG_MODE", "true");
    if (!choices_is_made(c, SETTING_MIXED_PRECISION))
        add(l, ENVIRONMENT_MIXED_PRECISION, precision);
    if (choices_is_on(c, SETTING_ENABLE_CPU_AFFINITY))
        add(l, "ACCELERATE_CPU_AFFINITY", "1");
    if (strcmp(precision, "fp8") == 0)
        add_fp8(l, c);
    if (h->paradigm == PARADIGM_PLAIN)
        add_plain(l, h);
    if (h->paradigm == PARADIGM_DEEPSPEED)
        add_deepspeed(l, c);
    else
        add_group(l, c, GROUP_DYNAMO);
    if (h->paradigm == PARADIGM_FSDP)
        add_fsdp(l, c);
    if (h->paradigm == PARADIGM_MEGATRON)
        add_megatron(l, c);
    if (h->parallelism)
        add_parallelism(l, c);
}

char **handout_make(const handout *h, const choices *c)
{
    RETURN_NULL_IF_FAILED();
    list l = {0};
    add_chosen(&l, h, c);
    if (h->python)
        add_for_python(&l, h, c);
    if (!accel_error_is_set())
        return l.items;
    handout_free(l.items);
    return NULL;
}

void handout_free(char **environment)
{
    for (char **item = environment; item && *item; item++)
        memory_free(*item);
    memory_free(environment);
}

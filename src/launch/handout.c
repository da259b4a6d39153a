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
#include "launch/word_list.h"

static void add(word_list *w, const char *name, const char *value)
{
    buffer text = {0};
    if (buffer_printf(&text, "%s=%s", name, value) == ACCEL_OK)
        word_list_add(w, text.data);
    else
        buffer_dispose(&text);
}

static void add_number(word_list *w, const char *name, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    add(w, name, text);
}

/* ---- rows of the settings ---- */

static void add_setting(word_list *w, const choices *c, size_t i)
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
        add(w, s->variable, value);
    memory_free(value);
}

static void add_group(word_list *w, const choices *c, setting_group group)
{
    for (size_t i = 0; i < setting_count(); i++)
        if (setting_at(i)->group == group)
            add_setting(w, c, i);
}

/* ---- what has a form of its own ---- */

/* "true,no,0" is three variables. */
static void add_fp8(word_list *w, const choices *c)
{
    static const char *const names[] = {"ACCELERATE_FP8_OVERRIDE_FPROP", "ACCELERATE_FP8_OVERRIDE_DGRAD",
                                        "ACCELERATE_FP8_OVERRIDE_WGRAD"};
    add_group(w, c, GROUP_FP8);
    const size_t precision = setting_find("fp8_override_linear_precision");
    const bool typed = c->of[precision].source == CHOICE_FLAG;
    const char *text = choices_text(c, precision);
    for (int i = 0; i < 3 && text; i++) {
        bool on = *text && (strchr("yYtT1", *text) || strncasecmp(text, "on", 2) == 0);
        add(w, names[i], typed ? (on ? "1" : "0") : on ? "True" : "False");
        text += strcspn(text, ",");
        text += *text == ',';
    }
}

static void add_deepspeed(word_list *w, const choices *c)
{
    buffer path = {0};
    char folder[4096];
    const char *before = getenv("PYTHONPATH");
    if (!realpath(".", folder))
        snprintf(folder, sizeof folder, ".");
    buffer_printf(&path, "%s%s%s", before ? before : "", before && *before ? ":" : "", folder);
    add(w, "PYTHONPATH", path.data ? path.data : "");
    buffer_dispose(&path);
    add(w, "ACCELERATE_CONFIG_DS_FIELDS", c->fields ? c->fields : "");
    add(w, "ACCELERATE_USE_DEEPSPEED", "true");
    add_group(w, c, GROUP_DEEPSPEED);
}

/* Files of the newest version have the first FSDP's strategy under the second one's name, where the first does not look. */
static const char *sharding_strategy(const choices *c)
{
    const size_t own = setting_find("fsdp_sharding_strategy");
    const char *newer = choices_text(c, setting_find("fsdp_reshard_after_forward"));
    const bool first = strcmp(choices_text(c, setting_find("fsdp_version")), "1") == 0;
    for (size_t i = 0; first && !choices_is_made(c, own) && setting_strategies[i]; i++)
        if (strcasecmp(setting_strategies[i], newer) == 0)
            return setting_strategies[i];
    return choices_text(c, own);
}

static void add_fsdp(word_list *w, const choices *c)
{
    add(w, "ACCELERATE_USE_FSDP", "true");
    for (size_t i = 0; i < setting_count(); i++)
        if (setting_at(i)->group == GROUP_FSDP && strcmp(setting_at(i)->name, "fsdp_sharding_strategy") == 0)
            add(w, setting_at(i)->variable, sharding_strategy(c));
        else if (setting_at(i)->group == GROUP_FSDP)
            add_setting(w, c, i);
}

static void add_megatron(word_list *w, const choices *c)
{
    add(w, "ACCELERATE_USE_MEGATRON_LM", "true");
    add_group(w, c, GROUP_MEGATRON);
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

static void add_parallelism(word_list *w, const choices *c)
{
    add(w, "ACCELERATE_USE_PARALLELISM_CONFIG", "true");
    for (size_t i = 0; i < setting_count(); i++)
        if (setting_at(i)->group == GROUP_PARALLELISM && goes_with(c, setting_at(i)->name))
            add_setting(w, c, i);
}

int handout_threads(const handout *h, const choices *c)
{
    int threads = choices_whole(c, SETTING_NUM_CPU_THREADS_PER_PROCESS);
    const char *outside = getenv(ENVIRONMENT_THREADS);
    if (h->paradigm == PARADIGM_DEEPSPEED || (threads == 0 && (!h->python || (outside && *outside))))
        return 0;
    if (threads == 0 && (h->cpu || h->gpus == 0) && h->paradigm == PARADIGM_PLAIN)
        threads = machine_count_cores() / h->local_processes;
    return threads > 1 ? threads : 1;
}

/* What any program may look for: what was said, and nothing that was not. */
static void add_chosen(word_list *w, const handout *h, const choices *c)
{
    const char *ids = choices_text(c, SETTING_GPU_IDS);
    const int threads = handout_threads(h, c);
    if (h->cpu)
        add(w, ENVIRONMENT_USE_CPU, "True");
    if (ids && strcmp(ids, "all") != 0)
        add(w, c->type && c->type->devices ? c->type->devices : ENVIRONMENT_GPUS, ids);
    if (choices_is_made(c, SETTING_MIXED_PRECISION))
        add(w, ENVIRONMENT_MIXED_PRECISION, choices_text(c, SETTING_MIXED_PRECISION));
    if (choices_is_made(c, SETTING_GRADIENT_ACCUMULATION_STEPS))
        add(w, ENVIRONMENT_GRADIENT_ACCUMULATION_STEPS, choices_text(c, SETTING_GRADIENT_ACCUMULATION_STEPS));
    if (h->address) {
        add(w, ENVIRONMENT_MASTER_ADDR, h->address);
        add_number(w, ENVIRONMENT_MASTER_PORT, h->port);
    }
    if (choices_is_made(c, SETTING_BACKEND))
        add(w, ENVIRONMENT_BACKEND, choices_text(c, SETTING_BACKEND));
    if (h->timeout)
        add(w, ENVIRONMENT_MEETING_TIMEOUT, h->timeout);
    if (threads)
        add_number(w, ENVIRONMENT_THREADS, threads);
}

static void add_plain(word_list *w, const handout *h)
{
    if (!h->cpu) {
        add(w, ENVIRONMENT_USE_CPU, "False");
        return;
    }
    add(w, "KMP_AFFINITY", "granularity=fine,compact,1,0");
    add(w, "KMP_BLOCKTIME", "1");
}

static void add_for_python(word_list *w, const handout *h, const choices *c)
{
    const char *precision = choices_text(c, SETTING_MIXED_PRECISION);
    if (choices_is_on(c, SETTING_DEBUG))
        add(w, "ACCELERATE_DEBUG_MODE", "true");
    if (!choices_is_made(c, SETTING_MIXED_PRECISION))
        add(w, ENVIRONMENT_MIXED_PRECISION, precision);
    if (choices_is_on(c, SETTING_ENABLE_CPU_AFFINITY))
        add(w, "ACCELERATE_CPU_AFFINITY", "1");
    if (strcmp(precision, "fp8") == 0)
        add_fp8(w, c);
    if (h->paradigm == PARADIGM_PLAIN)
        add_plain(w, h);
    if (h->paradigm == PARADIGM_DEEPSPEED)
        add_deepspeed(w, c);
    if (h->paradigm != PARADIGM_DEEPSPEED || choices_is_made(c, SETTING_DYNAMO_BACKEND))
        add_group(w, c, GROUP_DYNAMO);
    if (h->paradigm == PARADIGM_FSDP)
        add_fsdp(w, c);
    if (h->paradigm == PARADIGM_MEGATRON)
        add_megatron(w, c);
    if (h->parallelism)
        add_parallelism(w, c);
}

char **handout_make(const handout *h, const choices *c)
{
    RETURN_NULL_IF_FAILED();
    word_list w = {0};
    add_chosen(&w, h, c);
    if (h->python)
        add_for_python(&w, h, c);
    if (!accel_error_is_set())
        return w.list;
    word_list_free(w.list);
    return NULL;
}

#include "launch/choices.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/spelling.h"
#include "launch/call.h"

/* Sections, and what their keys begin with as settings; it may be left out in the file. */
static const struct {
    const char *name, *prefix;
    setting_group group;
} sections[] = {
    {"deepspeed_config", "", GROUP_DEEPSPEED},
    {"dynamo_config", "dynamo_", GROUP_DYNAMO},
    {"fp8_config", "fp8_", GROUP_FP8},
    {"fsdp_config", "fsdp_", GROUP_FSDP},
    {"megatron_lm_config", "megatron_lm_", GROUP_MEGATRON},
    {"mpirun_config", "mpirun_", GROUP_PROCESSES},
    {"parallelism_config", "parallelism_config_", GROUP_PARALLELISM},
};

enum { SECTIONS = sizeof sections / sizeof sections[0] };

/* Keys that are no settings, or have another name there. */
typedef accel_status take(choices *c, const configuration_entry *e, const char *where);

typedef struct known {
    const char *section, *key; /* NULL: any key of the section */
    take *take;                /* NULL: it is a setting, or has no effect any more */
    const char *setting;       /* that it is under another name; NULL: none */
} known;

/* ---- keys of their own ---- */

static accel_status take_environment(choices *c, const configuration_entry *e, const char *where)
{
    (void)c;
    if (strcmp(e->text, "LOCAL_MACHINE") == 0)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL, "%s is %s, and only LOCAL_MACHINE is supported",
                             where, e->text);
}

static accel_status refuse_type(const char *text, const char *where)
{
    const char *names[DISTRIBUTED_TYPES + 1] = {NULL};
    spelling guess = spelling_of(text);
    buffer list = {0};
    for (size_t i = 0; i < DISTRIBUTED_TYPES; i++) {
        names[i] = distributed_types[i].name;
        spelling_consider(&guess, names[i]);
    }
    if (guess.nearest)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s is \"%s\"; did you mean %s?", where, text,
                                 guess.nearest);
    if (buffer_append_choice(&list, names) == ACCEL_OK)
        accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s must be %s, got \"%s\"", where, list.data, text);
    buffer_dispose(&list);
    return accel_error_status();
}

static accel_status take_type(choices *c, const configuration_entry *e, const char *where)
{
    const char *text = e->kind == CONFIGURATION_TRUTH ? "NO" : e->text; /* NO without quotes is false */
    c->type = distributed_type_find(text);
    return c->type ? ACCEL_OK : refuse_type(text, where);
}

/* Of the first versions, which had no mixed_precision. */
static accel_status take_fp16(choices *c, const configuration_entry *e, const char *where)
{
    if (e->kind != CONFIGURATION_TRUTH)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s must be true or false, got \"%s\"", where,
                                 e->text);
    bool wanted = strcmp(e->text, "True") == 0 && c->of[SETTING_MIXED_PRECISION].source < CHOICE_FILE;
    return wanted ? choices_set(c, SETTING_MIXED_PRECISION, "fp16", CHOICE_FILE, where) : ACCEL_OK;
}

/* no without quotes is false. */
static accel_status take_precision(choices *c, const configuration_entry *e, const char *where)
{
    bool no = e->kind == CONFIGURATION_TRUTH && strcmp(e->text, "False") == 0;
    return choices_set(c, SETTING_MIXED_PRECISION, no ? "no" : e->text, CHOICE_FILE, where);
}

/* -1 leaves it to the command line. */
static accel_status take_processes(choices *c, const configuration_entry *e, const char *where)
{
    return strcmp(e->text, "-1") == 0 ? ACCEL_OK
                                      : choices_set(c, SETTING_NUM_PROCESSES, e->text, CHOICE_FILE, where);
}

static accel_status note_unused(choices *c, const char *where, const char *why)
{
    buffer sentence = {0};
    if (buffer_printf(&sentence, "%s has no effect%s", where, why) == ACCEL_OK)
        word_list_add(&c->unused, sentence.data);
    else
        buffer_dispose(&sentence);
    return accel_error_status();
}

static accel_status take_of_tpus(choices *c, const configuration_entry *e, const char *where)
{
    return *e->text ? note_unused(c, where, ": TPUs are not supported") : ACCEL_OK;
}

static const known all_known[] = {
    {NULL, "compute_environment", take_environment, NULL},
    {NULL, "distributed_type", take_type, NULL},
    {NULL, "use_cpu", NULL, "cpu"},
    {NULL, "fp16", take_fp16, NULL},
    {NULL, "mixed_precision", take_precision, NULL},
    {NULL, "num_processes", take_processes, NULL},
    {NULL, "dynamo_backend", NULL, "dynamo_backend"},
    {NULL, "tpu_use_cluster", NULL, "tpu_cluster"},
    {NULL, "tpu_name", take_of_tpus, NULL},
    {NULL, "tpu_zone", take_of_tpus, NULL},
    {NULL, "tpu_vm", take_of_tpus, NULL},
    {NULL, "tpu_env", take_of_tpus, NULL},
    {NULL, "command_file", take_of_tpus, NULL},
    {NULL, "commands", take_of_tpus, NULL},
    {"deepspeed_config", "gradient_accumulation_steps", NULL, "gradient_accumulation_steps"},
    {"fsdp_config", "fsdp_backward_prefetch_policy", NULL, "fsdp_backward_prefetch"},
    {"fp8_config", "amax_history_length", NULL, "fp8_amax_history_len"},
    {"fp8_config", "amax_compute_algorithm", NULL, "fp8_amax_compute_algo"},
    {"fp8_config", "optimization_level", NULL, "fp8_opt_level"},
    {NULL, "ipex_config", NULL, NULL},
    {"ipex_config", NULL, NULL, NULL},
    {"mpirun_config", "mpirun_ccl", NULL, NULL},
};

static const known *find_known(const char *section, const char *key)
{
    for (size_t i = 0; i < sizeof all_known / sizeof all_known[0]; i++) {
        const known *k = &all_known[i];
        bool same_section = k->section && section ? strcmp(k->section, section) == 0 : !k->section && !section;
        if (same_section && (!k->key || strcmp(k->key, key) == 0))
            return k;
    }
    return NULL;
}

/* ---- keys that are settings ---- */

static int find_section(const char *name)
{
    int i = 0;
    while (i < SECTIONS && strcmp(sections[i].name, name) != 0)
        i++;
    return i;
}

/* The setting of a key in a section, with or without what those begin with. */
static size_t find_in_section(const char *section, const char *key)
{
    char name[128];
    int i = find_section(section);
    if (i == SECTIONS)
        return setting_count();
    if (strchr(key, '-'))
        return setting_count();
    bool whole = strncmp(key, sections[i].prefix, strlen(sections[i].prefix)) == 0;
    snprintf(name, sizeof name, "%s%s", whole ? "" : sections[i].prefix, key);
    size_t found = setting_find(name);
    return found < setting_count() && setting_at(found)->group == sections[i].group ? found : setting_count();
}

/* At the top there are those that belong to no section. */
static bool is_at_top(const setting *s) { return s->group < GROUP_DYNAMO || s->group == GROUP_TPU; }

static size_t find_setting(const char *section, const char *key)
{
    if (section)
        return find_in_section(section, key);
    size_t found = strchr(key, '-') ? setting_count() : setting_find(key);
    return found < setting_count() && is_at_top(setting_at(found)) ? found : setting_count();
}

size_t choices_find_key(const char *section, const char *key)
{
    const known *k = find_known(section, key);
    return k && k->setting ? setting_find(k->setting) : find_setting(section, key);
}

static accel_status refuse(const configuration *file, const configuration_entry *e)
{
    spelling guess = spelling_of(e->key);
    for (size_t i = 0; i < setting_count(); i++)
        if (e->section ? find_section(e->section) < SECTIONS &&
                             sections[find_section(e->section)].group == setting_at(i)->group
                       : is_at_top(setting_at(i)))
            spelling_consider(&guess, setting_at(i)->name);
    for (size_t i = 0; i < sizeof all_known / sizeof all_known[0]; i++)
        if (!e->section && !all_known[i].section)
            spelling_consider(&guess, all_known[i].key);
    for (int i = 0; i < SECTIONS && !e->section; i++)
        spelling_consider(&guess, sections[i].name);
    return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s:%zu: there is no key %s%s%s%s%s%s", file->path,
                             e->line, e->section ? e->section : "", e->section ? "." : "", e->key,
                             guess.nearest ? "; did you mean " : "", guess.nearest ? guess.nearest : "",
                             guess.nearest ? "?" : "");
}

/* ---- all of them ---- */

/* The values of a list, with commas between them: new. */
static char *join(const configuration_entry *e, const configuration_entry *end)
{
    buffer text = {0};
    const configuration_entry *first = e;
    do
        buffer_printf(&text, "%s%s", e > first ? "," : "", e->text);
    while (++e < end && e->listed && configuration_same_place(e, first));
    return text.data;
}

static accel_status take_entry(choices *c, const configuration *file, const configuration_entry *e)
{
    char where[512];
    snprintf(where, sizeof where, "%s:%zu: %s", file->path, e->line, e->key);
    const known *k = find_known(e->section, e->key);
    if (!e->section && find_section(e->key) < SECTIONS)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s must have keys of its own", where);
    if (k && k->take)
        return k->take(c, e, where);
    if (k && !k->setting)
        return note_unused(c, where, " any more");
    size_t id = choices_find_key(e->section, e->key);
    if (id == setting_count())
        return refuse(file, e);
    char *text = join(e, file->entries + file->count);
    if (text)
        choices_set(c, id, text, CHOICE_FILE, where);
    memory_free(text);
    return accel_error_status();
}

/* So that DeepSpeed knows which of its keys the file has. */
static accel_status note_fields(choices *c, const configuration *file)
{
    buffer fields = {0};
    const configuration_entry *precision = configuration_find(file, NULL, "mixed_precision");
    for (size_t i = 0; i < file->count; i++) {
        const configuration_entry *e = &file->entries[i];
        if (e->section && strcmp(e->section, "deepspeed_config") == 0)
            buffer_printf(&fields, "%s%s", fields.size ? "," : "", e->key);
    }
    if (precision && precision->kind != CONFIGURATION_NULL &&
        c->of[SETTING_MIXED_PRECISION].source <= CHOICE_FILE)
        buffer_printf(&fields, "%smixed_precision", fields.size ? "," : "");
    c->fields = fields.data;
    return accel_error_status();
}

accel_status choices_take_file(choices *c, const configuration *file)
{
    RETURN_STATUS_IF_FAILED();
    for (size_t i = 0; i < file->count && !accel_error_is_set(); i++) {
        const configuration_entry *e = &file->entries[i];
        bool first = i == 0 || !e->listed || !configuration_same_place(e - 1, e);
        c->parallelism = c->parallelism || (e->section && strcmp(e->section, "parallelism_config") == 0);
        bool known_key = find_known(e->section, e->key) || find_setting(e->section, e->key) < setting_count() ||
                         (!e->section && find_section(e->key) < SECTIONS);
        if (first && !(known_key && e->kind == CONFIGURATION_NULL)) /* null is what is not there */
            take_entry(c, file, e);
    }
    if (!accel_error_is_set() && !c->type)
        accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s: has no distributed_type", file->path);
    c->file = accel_error_is_set() ? NULL : memory_copy_string(file->path);
    return note_fields(c, file);
}

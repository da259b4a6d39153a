#include "launch/streams.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "launch/call.h"

static accel_status refuse(setting_id id, const launch_plan *plan, const char *text, const char *wanted)
{
    if (plan->num_processes == 1)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "--%s must be %s, got \"%s\"; the only rank of this machine is 0",
                                 own_settings[id].name, wanted, text);
    return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                             "--%s must be %s, got \"%s\"; the ranks of this machine are 0 to %d",
                             own_settings[id].name, wanted, text, plan->num_processes - 1);
}

/* A number below `limit`, past which *text is moved; -1 for none. */
static int take_number(const char **text, int limit)
{
    char *end;
    if (!isdigit((unsigned char)**text))
        return -1;
    long number = strtol(*text, &end, 10);
    *text = end;
    return number < limit ? (int)number : -1;
}

static bool read_map(const char *text, int processes, unsigned char *of)
{
    enum { WHICH = PLAN_STREAM_OUTPUT + PLAN_STREAM_ERROR + 1 };
    const char *at = text;
    int all = take_number(&at, WHICH);
    if (all >= 0 && *at == '\0') {
        memset(of, all, (size_t)processes);
        return true;
    }
    for (at = text; *at; at += *at == ',') {
        int rank = take_number(&at, processes);
        int which = rank >= 0 && *at++ == ':' ? take_number(&at, WHICH) : -1;
        if (which < 0 || (*at && *at != ','))
            return false;
        of[rank] = (unsigned char)which;
    }
    return at > text;
}

static bool is_any(const unsigned char *of, int processes)
{
    for (int i = 0; i < processes; i++)
        if (of[i])
            return true;
    return false;
}

/* NULL where none is meant. */
static unsigned char *choose(const launch_plan *plan, const choices *c, setting_id id)
{
    const char *text = choices_text(c, id);
    unsigned char *of = text ? memory_alloc((size_t)plan->num_processes, 1) : NULL;
    if (of && !read_map(text, plan->num_processes, of))
        refuse(id, plan, text, "0, 1, 2 or 3, or RANK:WHICH with commas between them");
    if (of && !accel_error_is_set() && is_any(of, plan->num_processes))
        return of;
    memory_free(of);
    return NULL;
}

static accel_status choose_shown(launch_plan *plan, const choices *c)
{
    const char *text = choices_text(c, SETTING_LOCAL_RANKS_FILTER);
    if (!text || accel_error_is_set())
        return accel_error_status();
    plan->shown = memory_alloc((size_t)plan->num_processes, sizeof *plan->shown);
    for (const char *at = text; plan->shown && *at; at += *at == ',') {
        int rank = take_number(&at, plan->num_processes);
        if (rank < 0 || (*at && *at != ','))
            return refuse(SETTING_LOCAL_RANKS_FILTER, plan, text,
                          "ranks of this machine with commas between them");
        plan->shown[rank] = true;
    }
    if (!*text)
        return refuse(SETTING_LOCAL_RANKS_FILTER, plan, text, "ranks of this machine with commas between them");
    return accel_error_status();
}

accel_status streams_choose(launch_plan *plan, const choices *c)
{
    plan->tee = choose(plan, c, SETTING_TEE);
    plan->redirects = choose(plan, c, SETTING_REDIRECTS);
    plan->log_dir = choices_text(c, SETTING_LOG_DIR);
    if (plan->log_dir && !*plan->log_dir && !accel_error_is_set())
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "--log_dir is empty");
    choose_shown(plan, c);
    if (plan->redirects && !plan->log_dir && !accel_error_is_set())
        accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "--redirects needs --log_dir");
    return accel_error_status();
}

#include "launch/machine.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/environment.h"

/* ---- GPUs ---- */

/* /dev/nvidia0, /dev/nvidia1 …; nvidiactl and others are no GPUs. */
static bool is_gpu(const char *name)
{
    static const char start[] = "nvidia";
    if (strncmp(name, start, sizeof start - 1) != 0 || !name[sizeof start - 1])
        return false;
    for (const char *c = name + sizeof start - 1; *c; c++)
        if (!isdigit((unsigned char)*c))
            return false;
    return true;
}

static int count_devices(const char *folder)
{
    DIR *items = opendir(folder);
    if (!items)
        return 0;
    int count = 0;
    for (struct dirent *item = readdir(items); item; item = readdir(items))
        count += is_gpu(item->d_name);
    closedir(items);
    return count;
}

/* CUDA takes numbers or names that begin with letters, and stops at the first that is neither, such as -1. */
static int count_named(const char *list, int devices)
{
    int count = 0;
    while (*list) {
        size_t length = strcspn(list, ",");
        char *end;
        long number = strtol(list, &end, 10);
        bool is_name = isalpha((unsigned char)*list) && strncmp(list, "NoDevFiles", length) != 0;
        if (!is_name && (end == list || number < 0 || number >= devices))
            break;
        count++;
        list += length + (list[length] == ',');
    }
    return count < devices ? count : devices;
}

int machine_count_gpus(const char *devices)
{
    int count = count_devices(devices);
    const char *visible = getenv(ENVIRONMENT_GPUS);
    return visible ? count_named(visible, count) : count;
}

/* ---- cores ---- */

/* Whether this processor is the first of its core: the list of a core's processors begins with it. */
static bool is_first_of_core(long processor)
{
    char path[96], text[32] = "";
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%ld/topology/core_cpus_list", processor);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    return read && strtol(text, NULL, 10) == processor;
}

int machine_count_cores(void)
{
    long processors = sysconf(_SC_NPROCESSORS_CONF);
    int cores = 0;
    for (long i = 0; i < processors; i++)
        cores += is_first_of_core(i);
    return cores > 0 ? cores : processors > 0 ? (int)processors : 1;
}

#include "checkpoint/series.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/staging.h"

static const char prefix[] = "checkpoint_", folder[] = "checkpoints";

/* -1 for another name. */
static int64_t number_of(const char *name)
{
    const char *digits = name + sizeof prefix - 1;
    size_t length = strncmp(name, prefix, sizeof prefix - 1) == 0 ? strspn(digits, "0123456789") : 0;
    if (length == 0 || length > 18 || digits[length] || (length > 1 && digits[0] == '0'))
        return -1;
    return strtoll(digits, NULL, 10);
}

char *series_path(const char *project, int64_t number)
{
    char name[64];
    snprintf(name, sizeof name, "%s/%s%lld", folder, prefix, (long long)number);
    return file_join(project, name);
}

/* As a shell completes it, with slashes at the end, too. */
int64_t series_number(const char *path)
{
    char name[64];
    size_t end = strlen(path), begin;
    while (end > 1 && path[end - 1] == '/')
        end--;
    for (begin = end; begin > 0 && path[begin - 1] != '/';)
        begin--;
    snprintf(name, sizeof name, "%.*s", (int)(end - begin < sizeof name ? end - begin : sizeof name),
             path + begin);
    return number_of(name);
}

/* Of all numbers below one: the highest, how many, and the lowest. */
typedef struct series_view {
    int64_t highest, lowest;
    size_t count;
} series_view;

/* A link, or a file, is not this library's to remove. */
static bool is_directory(const char *parent, const char *name)
{
    struct stat info;
    char *path = file_join(parent, name);
    bool is = path && lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
    memory_free(path);
    return is;
}

/* `own`: of directories alone. */
static series_view look(const char *project, int64_t below, bool own)
{
    series_view view = {.highest = -1, .lowest = -1};
    directory_list list = {0};
    char *path = file_join(project, folder);
    if (path)
        directory_read(&list, path);
    for (size_t i = 0; i < list.count; i++) {
        int64_t number = number_of(list.names[i]);
        if (number < 0 || number >= below || (own && !is_directory(path, list.names[i])))
            continue;
        view.count++;
        view.highest = number > view.highest ? number : view.highest;
        view.lowest = view.lowest < 0 || number < view.lowest ? number : view.lowest;
    }
    directory_list_free(&list);
    memory_free(path);
    return view;
}

int64_t series_highest(const char *project) { return look(project, INT64_MAX, false).highest; }
int64_t series_below(const char *project, int64_t number) { return look(project, number, false).highest; }

accel_status series_limit(const char *project, int64_t limit, int64_t last)
{
    RETURN_STATUS_IF_FAILED();
    for (series_view view = look(project, INT64_MAX, true); (int64_t)view.count > limit && view.lowest != last;
         view = look(project, INT64_MAX, true)) {
        char *path = series_path(project, view.lowest);
        if (path)
            staging_remove(path);
        memory_free(path);
        if (accel_error_is_set())
            break;
    }
    return accel_error_status();
}

#include "launch/report.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

enum { REPORT_SIZE_MAX = 1 << 20 };

/* ---- reading ---- */

/* One line, of characters only, cut between two of them. */
static void set_message(report *r, const char *text)
{
    size_t size = 0;
    for (const char *c = text; *c && size < REPORT_MESSAGE_MAX - 1; c++) {
        bool blank = (unsigned char)*c <= ' ' || *c == 0x7f;
        if (!blank)
            r->message[size++] = *c;
        else if (size > 0 && r->message[size - 1] != ' ')
            r->message[size++] = ' ';
    }
    if (size == REPORT_MESSAGE_MAX - 1) {
        while (size > 0 && ((unsigned char)r->message[size - 1] & 0xc0) == 0x80)
            size--;
        if (size > 0 && (unsigned char)r->message[size - 1] >= 0xc0)
            size--;
    }
    while (size > 0 && r->message[size - 1] == ' ')
        size--;
    r->message[size] = '\0';
}

static int read_rank(const json_t *value)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= 1000000)
        return (int)json_integer_value(value);
    const char *text = json_string_value(value);
    char *end = NULL;
    long rank = text && *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : -1;
    return end && *end == '\0' && rank <= 1000000 ? (int)rank : -1;
}

/* {"message": {"message": "…", "extraInfo": {"rank": "1", …}}}, or {"message": "…"}. */
static void read_json(report *r, const json_t *root)
{
    const json_t *message = json_object_get(root, "message");
    const json_t *text = json_is_object(message) ? json_object_get(message, "message") : message;
    if (json_is_string(text))
        set_message(r, json_string_value(text));
    r->rank = read_rank(json_object_get(json_object_get(message, "extraInfo"), "rank"));
    r->there = true;
}

void report_read(report *r, const char *path)
{
    *r = (report){.rank = -1};
    accel_try(err) { /* no report is as good as a broken one */
        file_map map;
        if (file_map_open(&map, path) != ACCEL_OK)
            break;
        json_t *root = NULL;
        if (map.size > 0 && map.size <= REPORT_SIZE_MAX)
            root = json_loadb((const char *)map.data, map.size, JSON_ALLOW_NUL, NULL);
        if (json_is_object(root))
            read_json(r, root);
        json_decref(root);
        file_map_close(&map);
    }
}

/* ---- the directory ---- */

static char *create_in(const char *parent)
{
    char *path = file_join(parent, "accelerate-XXXXXX");
    if (path && mkdtemp(path))
        return path;
    memory_free(path);
    return NULL;
}

char *report_folder_create(void)
{
    char *path = NULL;
    accel_try(err) {
        const char *parent = getenv("TMPDIR");
        if (parent && *parent == '/')
            path = create_in(parent);
        if (!path)
            path = create_in("/tmp");
    }
    return path;
}

char *report_path(const char *folder, int rank)
{
    char name[24];
    snprintf(name, sizeof name, "%d.json", rank);
    return file_join(folder, name);
}

static int remove_item(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    remove(path);
    return 0;
}

void report_folder_remove(char *folder)
{
    if (folder)
        nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
    memory_free(folder);
}

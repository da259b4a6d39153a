#include "launch/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "base/error.h"
#include "base/file.h"

enum { REPORT_SIZE_MAX = 1 << 20 };

/* How many bytes of control characters or spaces are there, in UTF-8. */
static size_t blank_at(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    return (c[0] <= ' ' && c[0]) || c[0] == 0x7f ? 1 : c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0 ? 2 : 0;
}

/* Without the beginning of a character whose end did not fit. */
static size_t whole_characters(const char *text, size_t size)
{
    size_t start = size;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    return start > 0 && (unsigned char)text[start - 1] >= 0xc0 ? start - 1 : size;
}

/* One line of words with a space between them. */
static void set_message(report *r, const char *text)
{
    size_t size = 0;
    while (*text && size < REPORT_MESSAGE_MAX - 1) {
        size_t blank = blank_at(text);
        if (!blank)
            r->message[size++] = *text;
        else if (size > 0 && r->message[size - 1] != ' ')
            r->message[size++] = ' ';
        text += blank ? blank : 1;
    }
    if (*text)
        size = whole_characters(r->message, size);
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

void report_parse(report *r, const char *bytes, size_t size)
{
    *r = (report){.rank = -1};
    json_t *root = size > 0 && size <= REPORT_SIZE_MAX ? json_loadb(bytes, size, JSON_ALLOW_NUL, NULL) : NULL;
    if (json_is_object(root))
        read_json(r, root);
    json_decref(root);
}

void report_read(report *r, const char *path)
{
    struct stat info;
    file_map map = {0};
    /* A report that is not there is no failure to record. */
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= REPORT_SIZE_MAX)
        accel_try(err) {
            file_map_open(&map, path);
        }
    report_parse(r, (const char *)map.data, map.size);
    file_map_close(&map);
}

char *report_path(const char *folder, int rank)
{
    char name[24];
    snprintf(name, sizeof name, "%d.json", rank);
    return file_join(folder, name);
}

#include "models/tokenizer_files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static accel_status raise(const char *path, const char *what)
{
    return accel_error_raise(ACCEL_EIO, "accel_model_save_pretrained", "%s: %s: %s", path, what,
                             strerror(errno));
}

static bool copy_bytes(FILE *from, FILE *to)
{
    static char bytes[1 << 16];
    size_t got;
    while ((got = fread(bytes, 1, sizeof bytes, from)) > 0)
        if (fwrite(bytes, 1, got, to) != got)
            return false;
    return !ferror(from);
}

/* The copy appears under its name when it is complete. */
static accel_status copy_file(FILE *from, const char *path)
{
    char part[PATH_SIZE + 8];
    snprintf(part, sizeof part, "%s.part", path);
    FILE *to = fopen(part, "wb");
    bool good = to && copy_bytes(from, to);
    good = to && fclose(to) == 0 && good && rename(part, path) == 0;
    if (good)
        return ACCEL_OK;
    raise(path, "cannot be written");
    unlink(part);
    return accel_error_status();
}

static bool is_same_folder(const char *one, const char *other)
{
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

accel_status tokenizer_files_copy(const char *from, const char *to)
{
    static const char *const names[] = {"tokenizer.json",
                                        "tokenizer_config.json",
                                        "special_tokens_map.json",
                                        "added_tokens.json",
                                        "vocab.txt",
                                        "vocab.json",
                                        "merges.txt",
                                        "chat_template.jinja"};
    if (!from || is_same_folder(from, to))
        return ACCEL_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !accel_error_is_set(); i++) {
        char source[PATH_SIZE], path[PATH_SIZE];
        if (snprintf(source, PATH_SIZE, "%s/%s", from, names[i]) >= PATH_SIZE ||
            snprintf(path, PATH_SIZE, "%s/%s", to, names[i]) >= PATH_SIZE)
            continue;
        FILE *file = fopen(source, "rb");
        if (file)
            copy_file(file, path);
        if (file)
            fclose(file);
    }
    return accel_error_status();
}

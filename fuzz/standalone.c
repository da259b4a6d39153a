/* Runs a fuzz target without a fuzzing engine, so that its corpus is a test with any compiler.
 *
 *     fuzz_x [-mutate N] [-seed S] PATH ...
 *
 * Each PATH, a file or a folder of files, is an input; then come N inputs made from them by seeded random
 * changes, the same on every run. An input that kills the program is left in ./crash-input. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* There in programs built with a sanitizer. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

enum { INPUT_MAX = 1 << 20 };

typedef struct input {
    uint8_t *data;
    size_t size;
} input;

static input *inputs;
static size_t input_count;
static const uint8_t *current;
static size_t current_size;

static void keep_current(void)
{
    int fd = open("crash-input", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    size_t done = 0;
    while (fd >= 0 && done < current_size) {
        ssize_t written = write(fd, current + done, current_size - done);
        if (written <= 0)
            break;
        done += (size_t)written;
    }
}

static void die(int number)
{
    keep_current();
    signal(number, SIG_DFL);
    raise(number);
}

/* In storage of exactly its size, so that a sanitizer sees one byte too far. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    current = copy;
    current_size = size;
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void add_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX);
    inputs = realloc(inputs, (input_count + 1) * sizeof *inputs);
    if (!file || !data || !inputs) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    inputs[input_count++] = (input){.data = data, .size = fread(data, 1, INPUT_MAX, file)};
    fclose(file);
}

static void add_path(const char *path)
{
    struct stat info;
    DIR *directory = stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? opendir(path) : NULL;
    if (!directory) {
        add_file(path);
        return;
    }
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            add_path(inner);
    }
    closedir(directory);
}

static uint64_t random_state;

/* A number below `limit`, which is positive: splitmix64. */
static size_t draw(size_t limit)
{
    uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (size_t)((z ^ z >> 31) % limit);
}

/* Puts `count` bytes over the `removed` ones at a position, as far as there is room. */
static void replace_bytes(input *in, size_t at, size_t removed, const uint8_t *bytes, size_t count)
{
    if (removed > in->size - at)
        removed = in->size - at;
    if (count > INPUT_MAX - (in->size - removed))
        count = INPUT_MAX - (in->size - removed);
    memmove(in->data + at + count, in->data + at + removed, in->size - at - removed);
    memcpy(in->data + at, bytes, count);
    in->size += count - removed;
}

static void change(input *in)
{
    static const uint8_t telling[] = {0,   1,   0x7F, 0x80, 0xC0, 0xE2, 0xED, 0xF0, 0xFF, '"', '\\', '{',
                                      '}', '[', ']',  ',',  ':',  '-',  '0',  '9',  'e',  ' ', '\n'};
    static uint8_t piece[256];
    size_t at = draw(in->size + 1), count = draw(sizeof piece) >> draw(8);
    const input *other = &inputs[draw(input_count)];
    size_t from = draw(other->size + 1);
    if (count > other->size - from)
        count = other->size - from;
    memcpy(piece, other->data + from, count);
    switch (draw(6)) {
    case 0: /* one bit */
        if (at < in->size)
            in->data[at] ^= (uint8_t)(1u << draw(8));
        break;
    case 1: /* one byte */
        if (at < in->size)
            in->data[at] = telling[draw(sizeof telling)];
        break;
    case 2: /* a byte more */
        replace_bytes(in, at, 0, &telling[draw(sizeof telling)], 1);
        break;
    case 3: /* some bytes fewer */
        replace_bytes(in, at, 1 + (draw(256) >> draw(8)), piece, 0);
        break;
    case 4: /* a piece of another input between */
        replace_bytes(in, at, 0, piece, count);
        break;
    default: /* a piece of another input over */
        replace_bytes(in, at, count, piece, count);
        break;
    }
}

static void mutate(size_t count)
{
    static uint8_t bytes[INPUT_MAX];
    for (size_t i = 0; i < count; i++) {
        const input *origin = &inputs[draw(input_count)];
        input in = {.data = bytes, .size = origin->size};
        memcpy(bytes, origin->data, origin->size);
        for (size_t changes = 1 + draw(4); changes > 0; changes--)
            change(&in);
        run(in.data, in.size);
    }
}

int main(int argc, char **argv)
{
    size_t mutations = 0;
    random_state = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-mutate") == 0 && i + 1 < argc)
            mutations = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "-seed") == 0 && i + 1 < argc)
            random_state = strtoull(argv[++i], NULL, 10);
        else
            add_path(argv[i]);
    }
    if (input_count == 0) {
        fprintf(stderr, "usage: %s [-mutate N] [-seed S] PATH ...\n", argv[0]);
        return 2;
    }
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(keep_current);
    static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0] && !__sanitizer_set_death_callback; i++)
        signal(deadly[i], die);
    for (size_t i = 0; i < input_count; i++)
        run(inputs[i].data, inputs[i].size);
    mutate(mutations);
    printf("%zu inputs, %zu mutations\n", input_count, mutations);
    for (size_t i = 0; i < input_count; i++)
        free(inputs[i].data);
    free(inputs);
    return 0;
}

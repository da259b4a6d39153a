#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <accel/error.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/self_test.h"
#include "launch/configuration.h"
#include "launch/machine.h"

static const option options[] = {
    {.name = "config_file",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .filled = true,
     .text = "The configuration to show, the default one otherwise."},
};

static int run(char **words);

const command env_command = {
    .name = "env",
    .arguments = "",
    .summary = "Shows versions, devices and the configuration, for a report of a bug.",
    .description =
        "Shows what a report of a bug should say: versions, the system, devices, and the configuration.",
    .table = {.command = "accelerate env", .options = options, .count = sizeof options / sizeof options[0]},
    .run = run,
};

static void print_system(void)
{
    struct utsname system;
    const double gigabytes = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / (1 << 30);
    if (uname(&system) == 0)
        printf("- Platform: %s-%s-%s\n", system.sysname, system.release, system.machine);
    printf("- System RAM: %.2f GB\n- CPU cores: %d\n- GPUs in /dev: %d\n", gigabytes, machine_count_cores(),
           machine_count_gpus("/dev"));
}

/* Where the program's output can be read; -1 where it cannot be started. */
static int start(char *program, pid_t *child)
{
    int ends[2];
    char *words[] = {program, (char[]){"versions"}, NULL};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    *child = fork();
    if (*child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execv(program, words);
        _exit(127);
    }
    close(ends[1]);
    if (*child < 0)
        close(ends[0]);
    return *child < 0 ? -1 : ends[0];
}

/* What the library says of itself, which a program has to load. */
static void print_library(void)
{
    char line[256], *program = self_test_path();
    pid_t child = -1;
    fflush(stdout);
    const int fd = program ? start(program, &child) : -1, error = errno;
    FILE *said = fd >= 0 ? fdopen(fd, "r") : NULL;
    while (said && fgets(line, sizeof line, said))
        printf("- %s", line);
    if (said)
        fclose(said);
    if (child > 0)
        waitpid(child, NULL, 0);
    if (program && fd < 0)
        printf("- libaccel: %s: cannot be started: %s\n", program, strerror(error));
    if (accel_error_is_set())
        printf("- libaccel: %s\n", accel_error_last()->message);
    accel_error_clear();
    memory_free(program);
}

static void print_configuration(const char *file)
{
    configuration c = {0};
    char *path = file ? memory_copy_string(file) : configuration_default_path();
    printf("- `Accelerate` %s:\n", file ? "config passed" : "default config");
    if (path && !file_exists(path))
        puts("\tNot found");
    else if (path && configuration_read(&c, path) != ACCEL_OK)
        printf("\t%s\n", accel_error_last()->message);
    for (size_t i = 0; i < c.count; i++)
        if (c.entries[i].kind != CONFIGURATION_NULL)
            printf("\t- %s%s%s: %s\n", c.entries[i].section ? c.entries[i].section : "",
                   c.entries[i].section ? "." : "", c.entries[i].key, c.entries[i].text);
    accel_error_clear();
    configuration_dispose(&c);
    memory_free(path);
}

static int run(char **words)
{
    static const char *const none[] = {NULL};
    const char *file = NULL;
    int status;
    char own[PATH_MAX];
    if (!command_read(&env_command, words, &file, none, NULL, &status))
        return status;
    printf("- `accelerate` version: %s\n- `accelerate` location: %s\n", ACCEL_VERSION, self_path(own));
    print_system();
    print_library();
    print_configuration(file);
    return 0;
}

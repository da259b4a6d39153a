#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/merged.h"
#include "cli/shown.h"

typedef struct settings {
    bool unsafe_serialization, remove_checkpoint_dir;
} settings;

static const option options[] = {
    {.name = "unsafe_serialization",
     .kind = OPTION_SWITCH,
     .offset = offsetof(settings, unsafe_serialization),
     .text = "Writes pytorch_model.bin, as torch.save does, instead of model.safetensors."},
    {.name = "remove_checkpoint_dir",
     .kind = OPTION_SWITCH,
     .offset = offsetof(settings, remove_checkpoint_dir),
     .text = "Removes checkpoint_directory, with everything that is in it, once the merged file is written."},
};

static int run(char **words);

const command merge_weights_command = {
    .name = "merge-weights",
    .arguments = "checkpoint_directory output_path",
    .summary = "Merges the files of a model into one.",
    .description = "Merges the weights of a folder that are in several files into one file, model.safetensors, "
                   "in the folder "
                   "output_path, which is made if it is not there.\n\n"
                   "The files are those that model.safetensors.index.json names, or else those called "
                   "model-00001-of-0000N.safetensors, or the same of pytorch_model.bin. They are mapped, so "
                   "that a model may be larger "
                   "than the memory. The merged file appears under its name when it is complete. Tensors that "
                   "share their elements "
                   "are written once, under the first name, since safetensors has no such thing.",
    .table = {.command = "accelerate merge-weights",
              .options = options,
              .count = sizeof options / sizeof options[0]},
    .run = run,
};

/* ---- the folder that may go ---- */

/* What removing it takes, beside what is in it. */
static accel_status check_parent(const char *path)
{
    char *parent = file_directory(path);
    if (parent && access(parent, W_OK | X_OK) != 0)
        file_raise_errno(parent, "--remove_checkpoint_dir cannot remove what is in it");
    memory_free(parent);
    return accel_error_status();
}

/* The folder must be one, and the output must not go with it. */
static accel_status check_removable(const char *folder, const char *output)
{
    struct stat info;
    if (lstat(folder, &info) != 0)
        return file_raise_errno(folder, "cannot be read");
    if (!S_ISDIR(info.st_mode))
        return accel_error_raise(ACCEL_EINVAL, NULL,
                                 "%s: --remove_checkpoint_dir removes folders, and it is none", folder);
    char *inner = realpath(output, NULL), *outer = realpath(folder, NULL);
    const size_t length = outer ? strlen(outer) : 0;
    if (!inner || !outer)
        file_raise_errno(inner ? folder : output, "cannot be read");
    else if (strncmp(inner, outer, length) == 0 &&
             (length == 1 || inner[length] == '/' || inner[length] == '\0'))
        accel_error_raise(ACCEL_EINVAL, NULL, "%s: is in %s, which --remove_checkpoint_dir removes", output,
                          folder);
    else
        check_parent(outer);
    free(inner);
    free(outer);
    return accel_error_status();
}

/* By its full name, since nobody can remove ".". */
static accel_status remove_folder(const char *folder)
{
    char *path = realpath(folder, NULL);
    if (path ? directory_remove(path) : file_raise_errno(folder, "cannot be removed"))
        error_append("; the weights are merged");
    free(path);
    return accel_error_status();
}

/* ---- the merge ---- */

static void report(const char *path, const merged *made)
{
    shown_print(stdout, path);
    printf(": %zu tensors, %" PRIu64 " bytes\n", made->tensors, made->bytes);
    if (made->left_out == 0)
        return;
    printf("%zu tied tensors are in it under another name, such as ", made->left_out);
    shown_print(stdout, made->left_out_name);
    fputs(" as ", stdout);
    shown_print(stdout, made->kept_name);
    fputs("\n", stdout);
}

static accel_status write_merged(const weights *w, const char *path, bool pickle)
{
    merged made;
    file_writer *writer = (pickle ? merged_stage_pickle : merged_stage_safetensors)(w, path, &made);
    if (writer && file_writer_commit(writer) == ACCEL_OK)
        report(path, &made);
    return accel_error_status();
}

/* The files are mapped while it runs and no longer. */
static accel_status merge(const char *folder, const char *output, const settings *s)
{
    if (!file_is_directory(folder))
        return accel_error_raise(ACCEL_ENOTFOUND, NULL, "%s: there is no such folder", folder);
    weights *w = weights_open(folder, true);
    if (!w || file_make_directories(output) != ACCEL_OK ||
        (s->remove_checkpoint_dir && check_removable(folder, output) != ACCEL_OK)) {
        weights_close(w);
        return accel_error_status();
    }
    char *path = file_join(output, s->unsafe_serialization ? "pytorch_model.bin" : "model.safetensors");
    if (path)
        write_merged(w, path, s->unsafe_serialization);
    memory_free(path);
    weights_close(w);
    return accel_error_status();
}

static int run(char **words)
{
    static const char *const names[] = {"checkpoint_directory", "output_path", NULL};
    const char *operands[2] = {NULL, NULL};
    settings s = {false, false};
    int status;
    if (!command_read(&merge_weights_command, words, &s, names, operands, &status))
        return status;
    if (merge(operands[0], operands[1], &s) == ACCEL_OK && s.remove_checkpoint_dir)
        remove_folder(operands[0]);
    return accel_error_is_set() ? command_fail(&merge_weights_command) : 0;
}

/* Any bytes at all as the list of a state's files: refused with a message, or it names files of its own folder, which are compared
   and found different with a message; and what is written of it reads as the same list. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <accel/error.h>

#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Lists may name it, and say what is in it. */
static const char present[] = "present";

static void compare(const manifest *m)
{
    accel_status sizes = manifest_check_sizes(m, ".", "fuzz");
    require(sizes == accel_error_status());
    accel_error_clear();
    accel_status all = manifest_check(m, ".", NULL, "fuzz");
    require(all == accel_error_status() && (all != ACCEL_OK || sizes == ACCEL_OK));
    accel_error_clear();
    accel_status one = manifest_check(m, ".", present, "fuzz");
    require(one == accel_error_status() && (one == ACCEL_OK || all != ACCEL_OK));
    accel_error_clear();
}

static char *text_of(const manifest *m)
{
    require(manifest_write(m, ".", "written") == ACCEL_OK);
    char *text = file_read("written", NULL);
    require(text != NULL);
    return text;
}

static void write_and_read(const manifest *m)
{
    char *text = text_of(m);
    manifest *again = manifest_from_memory("again", text, strlen(text), "fuzz");
    require(again != NULL && manifest_has(again, present) == manifest_has(m, present));
    char *same = text_of(again);
    require(strcmp(text, same) == 0);
    memory_free(same);
    memory_free(text);
    manifest_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    require(file_exists(present) || file_write_atomic(present, "12", 2) == ACCEL_OK);
    manifest *m = manifest_from_memory("fuzz", data, size, "fuzz");
    require((m == NULL) == accel_error_is_set());
    if (m) {
        require(!manifest_has(m, "") && !manifest_has(m, "..") && !manifest_has(m, "../present"));
        compare(m);
        write_and_read(m);
    }
    manifest_free(m);
    accel_error_clear();
    return 0;
}

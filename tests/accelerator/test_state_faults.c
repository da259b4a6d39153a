/* A save that is cut off at any step it makes on the disk, by the end of a process or by the disk: a state that loads is there all the
 * same, the one before or the new one, with the program's own files beside it, and nothing is left over. */
#include <dirent.h>
#include <sys/stat.h>

#include "base/disk.h"
#include "training_run.h"

enum { STEPS_MAX = 1000, LAST_STEPS = 24 };

typedef enum fault { FAULT_DEATH, FAULT_ERROR } fault;

/* What the processes share. */
typedef struct shared {
    int ranks, victim;
    fault fault;
    bool async, series;
    size_t nth;                 /* step of the victim's */
    size_t made;                /* by it, when nothing happened */
    int64_t loaded;             /* micro-batches of what was loaded */
    double sums[RUN_STEPS_MAX]; /* of the weights after so many micro-batches, by process 0 */
    double sum;                 /* of what was loaded */
} shared;

static shared *all;

static const char project[] = "run", folder[] = "run/state";

static accelerator *create(void)
{
    return accelerator_create(.timeout = 60, .data_seed = 7, .project_dir = project,
                              .automatic_checkpoint_naming = all->series, .total_limit = 1);
}

static double sum_of(training_run *r)
{
    double sum = 0;
    accel_scoped() {
        accel_no_grad() {
            accel_dict *weights = accel_state_dict(r->model);
            for (size_t i = 0; i < accel_dict_count(weights); i++)
                sum += (double)(i + 1) * accel_item(accel_sum(accel_dict_tensor(weights, i)));
        }
    }
    return sum;
}

static const char *target(void) { return all->series ? NULL : folder; }

/* A file of the program's own in the folder of a state, which is no part of it. */
static void write_notes(void)
{
    FILE *file = all->series ? NULL : fopen("run/state/notes.txt", "w");
    if (!file)
        return;
    fputs("mine", file);
    fclose(file);
}

static void save(training_run *r, void *user)
{
    (void)user;
    int rank = accelerator_process_index(r->acc);
    if (rank == 0)
        all->sums[r->seen] = sum_of(r);
    if (r->seen == 1) {
        accelerator_save_state(r->acc, target());
        if (rank == 0)
            write_notes();
        accelerator_wait_for_everyone(r->acc);
        return;
    }
    bool is_victim = rank == all->victim;
    if (is_victim)
        all->fault == FAULT_DEATH ? disk_die_at(all->nth) : disk_fail_at(all->nth);
    accelerator_save_state(r->acc, target(), .async = all->async);
    accelerator_wait_for_save_state(r->acc);
    if (is_victim)
        all->made = disk_die_at(0);
}

static int train(void *user)
{
    (void)user;
    double losses[RUN_STEPS_MAX];
    training_run r = {.acc = create()};
    run_set_up(&r);
    run_train(&r, losses, 2, save, NULL);
    return accelerator_finish(r.acc);
}

static int load(void *user)
{
    (void)user;
    training_run r = {.acc = create()};
    run_set_up(&r);
    CHECK(accelerator_load_state(r.acc, target()) == ACCEL_OK);
    all->loaded = r.seen;
    all->sum = sum_of(&r);
    return accelerator_finish(r.acc);
}

/* ---- what is on the disk ---- */

static size_t count_names(const char *path, bool hidden)
{
    size_t count = 0;
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            count += (entry->d_name[0] == '.') == hidden;
    closedir(directory);
    return count;
}

static void check_disk(bool strict)
{
    struct stat info;
    assert_int_equal(count_names(project, true), 0);
    if (!all->series)
        assert_int_equal(stat("run/state/notes.txt", &info), 0);
    if (all->series && strict)
        assert_int_equal(count_names("run/checkpoints", false), 1);
}

static int run_quietly(int ranks, accel_spawn_function *body)
{
    fflush(NULL);
    int kept = dup(2);
    assert_non_null(freopen("/dev/null", "w", stderr));
    int status = accelerator_spawn(body, NULL, ranks);
    fflush(stderr);
    dup2(kept, 2);
    close(kept);
    return status;
}

/* One run and what it leaves. */
static void check_step(size_t nth, bool survives)
{
    all->nth = nth;
    assert_int_equal(system("rm -rf run"), 0);
    int status = run_quietly(all->ranks, train);
    if (survives)
        assert_int_equal(status, 0);
    else if (all->fault == FAULT_DEATH)
        assert_int_not_equal(status, 0);
    assert_int_equal(run_quietly(1, load), 0);
    assert_true(all->loaded == 1 || all->loaded == 2);
    assert_true(all->sum == all->sums[all->loaded]);
    check_disk(survives);
}

/* Every step in turn, or every few of those that write the files, which are alike, and all of the last ones. */
static void check_steps(int ranks, int victim, fault kind, bool async, bool series, size_t stride)
{
    size_t results[3] = {0}, tried = 0;
    *all = (shared){.ranks = ranks, .victim = victim, .fault = kind, .async = async, .series = series};
    check_step(STEPS_MAX, true);
    assert_int_equal(all->loaded, 2);
    const size_t steps = all->made;
    assert_in_range(steps, LAST_STEPS / 2, STEPS_MAX - 1);
    for (size_t nth = 1; nth <= steps; nth += nth + LAST_STEPS < steps ? stride : 1) {
        check_step(nth, false);
        results[all->loaded]++;
        tried++;
    }
    assert_true(results[1] > 0);
    print_message("%d processes, process %d, %s%s%s: %zu of %zu steps: the state before is there after %zu, "
                  "the new one after %zu\n",
                  ranks, victim, kind == FAULT_DEATH ? "killed" : "a broken disk", async ? ", async" : "",
                  series ? ", a series" : "", tried, steps, results[1], results[2]);
}

static void test_death_alone(void **state)
{
    (void)state;
    check_steps(1, 0, FAULT_DEATH, false, false, 1);
    check_steps(1, 0, FAULT_DEATH, true, true, 20);
}

static void test_death_of_either(void **state)
{
    (void)state;
    check_steps(2, 0, FAULT_DEATH, false, true, 12);
    check_steps(2, 1, FAULT_DEATH, true, false, 1);
}

static void test_broken_disk(void **state)
{
    (void)state;
    check_steps(1, 0, FAULT_ERROR, false, false, 12);
    check_steps(2, 1, FAULT_ERROR, false, true, 2);
}

int main(void)
{
    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_death_alone),
        cmocka_unit_test(test_death_of_either),
        cmocka_unit_test(test_broken_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

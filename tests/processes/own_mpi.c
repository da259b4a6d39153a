/* A solver that has MPI for itself, and trains: begins it for threads, or with the argument "single" as MPI_Init does; with "early"
 * it ends MPI before it has finished with the group, with "again" it asks for another group then.
 */
#include <stdio.h>
#include <string.h>

#include <mpi.h>

#include <accel/accel.h>

int main(int argc, char **argv)
{
    int given, rank, sum = 0;
    bool single = argc > 1 && strcmp(argv[1], "single") == 0;
    MPI_Init_thread(&argc, &argv, single ? MPI_THREAD_SINGLE : MPI_THREAD_MULTIPLE, &given);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    accelerator *acc = accelerator_create(.cpu = true);
    accel_tensor *own = accel_full(rank + 1, ACCEL_FLOAT32, ACCEL_SHAPE(1000));
    accel_tensor *all = accelerator_reduce(acc, own);
    int more = rank + 1;
    MPI_Allreduce(&more, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    accelerator_print(acc, "sums %g and %d\n", accel_item(accel_mean(all)), sum);
    if (argc > 1 && strcmp(argv[1], "early") == 0) {
        MPI_Finalize();
        accelerator_reduce(acc, own);
        return accelerator_finish(acc);
    }
    int status = accelerator_finish(acc);
    MPI_Finalize(); /* in vain, had the library done so */
    if (argc > 1 && strcmp(argv[1], "again") == 0)
        status = accelerator_finish(accelerator_create(.cpu = true));
    return status;
}

/* What somebody writes who has only the installed headers, as C and as C++: which process this is. */
#include <stdio.h>

#include <accel/accel.h>

int main(void)
{
    accelerator *acc = accelerator_create();
    int rank = accelerator_process_index(acc), size = accelerator_num_processes(acc);
    int status = accelerator_finish(acc);
    if (status == 0)
        printf("process %d of %d\n", rank, size);
    return status;
}

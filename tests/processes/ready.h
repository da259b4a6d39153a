/* What the programs of this folder tell their tests. */
#ifndef ACCEL_TESTS_PROCESSES_READY_H
#define ACCEL_TESTS_PROCESSES_READY_H

#include <stdio.h>
#include <unistd.h>

/* Writes this process's number in ready.RANK. */
static void say_ready(int rank)
{
    char name[32];
    snprintf(name, sizeof name, "ready.%d", rank);
    FILE *file = fopen(name, "w");
    if (file) {
        fprintf(file, "%d\n", getpid());
        fclose(file);
    }
}

#endif

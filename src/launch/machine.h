/* What this machine has, as far as can be seen without loading anything. */
#ifndef ACCEL_LAUNCH_MACHINE_H
#define ACCEL_LAUNCH_MACHINE_H

/* How many GPUs of NVIDIA there are for this process: those of `devices`, which is "/dev", that CUDA_VISIBLE_DEVICES leaves. */
int machine_count_gpus(const char *devices);

/* How many cores there are, hyperthreads not counted; 1 where the system does not say. */
int machine_count_cores(void);

#endif

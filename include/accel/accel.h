/**
 * accel: Hugging Face Accelerate, in C.
 *
 * The whole library. Each noun has a header of its own, whose first comment says what it is for.
 */
#ifndef ACCEL_ACCEL_H
#define ACCEL_ACCEL_H

#include <accel/accelerator.h>
#include <accel/autograd.h>
#include <accel/checkpoint.h>
#include <accel/collective.h>
#include <accel/comm_hook.h>
#include <accel/compiler.h>
#include <accel/data_parallel.h>
#include <accel/dataset.h>
#include <accel/device.h>
#include <accel/dict.h>
#include <accel/error.h>
#include <accel/init.h>
#include <accel/join.h>
#include <accel/layers.h>
#include <accel/loader.h>
#include <accel/local_sgd.h>
#include <accel/log.h>
#include <accel/logger.h>
#include <accel/loss.h>
#include <accel/memory.h>
#include <accel/model.h>
#include <accel/module.h>
#include <accel/npy.h>
#include <accel/numerics.h>
#include <accel/op.h>
#include <accel/ops.h>
#include <accel/optimizer.h>
#include <accel/options.h>
#include <accel/precision.h>
#include <accel/preemption.h>
#include <accel/process.h>
#include <accel/profile.h>
#include <accel/progress.h>
#include <accel/random.h>
#include <accel/record.h>
#include <accel/scheduler.h>
#include <accel/scope.h>
#include <accel/spawn.h>
#include <accel/state.h>
#include <accel/table.h>
#include <accel/tensor.h>
#include <accel/token_dataset.h>
#include <accel/tokenizer.h>
#include <accel/tracker.h>
#include <accel/training.h>
#include <accel/version.h>

#endif

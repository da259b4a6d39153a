/**
 * Initialisations: they fill a tensor in place from the default generator, unrecorded for gradients.
 *
 * Source: torch.nn.init.
 */
#ifndef ACCEL_INIT_H
#define ACCEL_INIT_H

#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

ACCEL_API accel_status accel_init_uniform(accel_tensor *tensor, double from, double to);
ACCEL_API accel_status accel_init_normal(accel_tensor *tensor, double mean, double std);
ACCEL_API accel_status accel_init_constant(accel_tensor *tensor, double value);

/** Uniform in ±gain·sqrt(3/fan_in), with the gain of a leaky ReLU of slope a: sqrt(2/(1+a²)). tensor: (fan_out, fan_in,
    …), where further dimensions multiply both. Source: torch.nn.init.kaiming_uniform_. */
ACCEL_API accel_status accel_init_kaiming_uniform(accel_tensor *tensor, double a);

/** Uniform in ±gain·sqrt(6/(fan_in+fan_out)). Source: torch.nn.init.xavier_uniform_. */
ACCEL_API accel_status accel_init_xavier_uniform(accel_tensor *tensor, double gain);

ACCEL_END_DECLS

#endif

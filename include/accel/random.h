/**
 * Random numbers: PyTorch's streams, so that one seed gives one run, in C and in Python.
 *
 * Every device has one default generator; the CPU's is a Mersenne twister, a GPU's counts (Philox). Dropout, and accel_fill_uniform
 * and accel_fill_normal without a generator, draw from that of their tensor's device. From the CPU's draw: every other function of
 * this header called with a NULL generator; the initialisation of layers and of a model's missing head, which happens there; and one
 * 64-bit number each time a loop over a loader is entered, before its first batch, as PyTorch's iterator does. The order of samples
 * comes from a generator of the loader's own.
 */
#ifndef ACCEL_RANDOM_H
#define ACCEL_RANDOM_H

#include <stdint.h>

#include <accel/scope.h>
#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

/** Seeds the default generators of all devices. Source: accelerate.utils.set_seed, torch.manual_seed. */
ACCEL_API accel_status accel_set_seed(uint64_t seed);

/** A generator of its own, seeded: new. Source: torch.Generator, manual_seed. */
ACCEL_API accel_generator *accel_generator_create(uint64_t seed);

/** The same on a device; what is drawn from it is made there. Source: torch.Generator(device). */
ACCEL_API accel_generator *accel_generator_create_on(accel_device device, uint64_t seed);

/** The default generator of the CPU, or of any device: new (another handle to it). Source: torch.cuda.default_generators. */
ACCEL_API accel_generator *accel_generator_default(void);
ACCEL_API accel_generator *accel_generator_of_device(accel_device device);

/** Starts the stream of `seed`. NULL stands for the CPU's default generator here and below. */
ACCEL_API accel_status accel_generator_seed(accel_generator *generator, uint64_t seed);

/** The seed the stream was started from. Source: Generator.initial_seed. */
ACCEL_API uint64_t accel_generator_initial_seed(accel_generator *generator);

/** The whole state, a uint8 tensor of shape (5056,) on the CPU, of a GPU's generator (16,): new. The same bytes as
    torch.get_rng_state(), torch.cuda.get_rng_state(). */
ACCEL_API accel_tensor *accel_generator_state(accel_generator *generator);

/** Puts a state back. ACCEL_EINVAL or ACCEL_EENGINE for a tensor that is none. */
ACCEL_API accel_status accel_generator_set_state(accel_generator *generator, accel_tensor *state);

/** Draws one 64-bit number, as torch.empty((), dtype=torch.int64).random_() does. -1 on failure. */
ACCEL_API int64_t accel_generator_draw(accel_generator *generator);

/** New tensors of random numbers: uniform in [0, 1), standard normal (both float32), and a random order of the int64
    numbers 0 … n-1. `generator` is borrowed. Source: torch.rand, randn, randperm. */
ACCEL_API accel_tensor *accel_rand(accel_generator *generator, const int64_t *sizes, size_t rank);
ACCEL_API accel_tensor *accel_randn(accel_generator *generator, const int64_t *sizes, size_t rank);
ACCEL_API accel_tensor *accel_randperm(accel_generator *generator, int64_t n);

/** Fills a tensor in place; NULL: from the default generator of its device. Not recorded for gradients. Source:
    Tensor.uniform_, normal_. */
ACCEL_API accel_status accel_fill_uniform(accel_tensor *tensor, double from, double to,
                                          accel_generator *generator);
ACCEL_API accel_status accel_fill_normal(accel_tensor *tensor, double mean, double std,
                                         accel_generator *generator);

ACCEL_END_DECLS

#endif

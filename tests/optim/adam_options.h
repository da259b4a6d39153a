/* The options of Adam and AdamW, which are one type. */
#ifndef TESTS_OPTIM_ADAM_OPTIONS_H
#define TESTS_OPTIM_ADAM_OPTIONS_H

#include "tensors.h"

#include <accel/optimizer.h>

static inline void expect_same_options(accel_adam_options plain, accel_adam_options seen)
{
    assert_int_equal(plain.struct_size, sizeof plain);
    EXPECT_SAME_MEMBER(plain, seen, struct_size);
    EXPECT_SAME_MEMBER(plain, seen, lr);
    EXPECT_SAME_MEMBER(plain, seen, beta1);
    EXPECT_SAME_MEMBER(plain, seen, beta2);
    EXPECT_SAME_MEMBER(plain, seen, eps);
    EXPECT_SAME_MEMBER(plain, seen, weight_decay);
    EXPECT_SAME_MEMBER(plain, seen, amsgrad);
    EXPECT_SAME_MEMBER(plain, seen, maximize);
}

#endif

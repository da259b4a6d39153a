#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "track/crc32c.h"

/* The examples of RFC 3720, B.4. */
static void has_the_sums_of_the_standard(void **state)
{
    (void)state;
    unsigned char bytes[32];
    assert_int_equal(crc32c("", 0), 0);
    assert_int_equal(crc32c("123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(crc32c(bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(crc32c(bytes, sizeof bytes), 0x62a8ab43);
    for (unsigned char i = 0; i < sizeof bytes; i++)
        bytes[i] = i;
    assert_int_equal(crc32c(bytes, sizeof bytes), 0x46dd794e);
    for (unsigned char i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(crc32c(bytes, sizeof bytes), 0x113fdb5c);
}

/* The first record of any event file that is 24 bytes long begins with this sum of its size. */
static void masks_as_tensorflow_does(void **state)
{
    (void)state;
    assert_int_equal(crc32c_masked("", 0), 0xa282ead8);
    assert_int_equal(crc32c_masked("\x18\0\0\0\0\0\0\0", 8), 0x224b7fa3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_sums_of_the_standard),
        cmocka_unit_test(masks_as_tensorflow_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

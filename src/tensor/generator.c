#include "tensor/generator.h"

#include <accel/autograd.h>
#include <accel/random.h>

#include "base/error.h"
#include "tensor/device.h"
#include "tensor/op.h"
#include "tensor/tensor.h"

static void destroy(object *o)
{
    if (o->payload != engine_generator_default())
        engine_generator_free(o->payload);
}

const object_class generator_class = {.name = "generator", .destroy = destroy};

static accel_generator *create(engine_generator *generator)
{
    if (!generator)
        return NULL;
    object *o = object_create(&generator_class, generator);
    if (!o && generator != engine_generator_default())
        engine_generator_free(generator);
    return (accel_generator *)o;
}

accel_generator *accel_generator_create(uint64_t seed)
{
    RETURN_NULL_IF_FAILED();
    return create(engine_generator_create(seed));
}

accel_generator *accel_generator_create_on(accel_device device, uint64_t seed)
{
    RETURN_NULL_IF_FAILED();
    return device_check(device, __func__) ? create(engine_generator_create_on(device, seed)) : NULL;
}

accel_generator *accel_generator_default(void)
{
    RETURN_NULL_IF_FAILED();
    return create(engine_generator_default());
}

accel_generator *accel_generator_of_device(accel_device device)
{
    RETURN_NULL_IF_FAILED();
    return device_check(device, __func__) ? create(engine_generator_of_device(device)) : NULL;
}

/* The engine's generator behind a handle, the default one for NULL; NULL with the reason recorded. */
static engine_generator *resolve(accel_generator *generator, const char *call)
{
    if (!generator)
        return engine_generator_default();
    return object_payload(generator, &generator_class, call, "generator");
}

accel_status accel_set_seed(uint64_t seed)
{
    accel_status status = accel_generator_seed(NULL, seed);
    return status == ACCEL_OK ? engine_seed_devices(seed) : status;
}

accel_status accel_generator_seed(accel_generator *generator, uint64_t seed)
{
    RETURN_STATUS_IF_FAILED();
    engine_generator *g = resolve(generator, __func__);
    return g ? engine_generator_seed(g, seed) : accel_error_status();
}

uint64_t accel_generator_initial_seed(accel_generator *generator)
{
    engine_generator *g = resolve(generator, __func__);
    return g ? engine_generator_initial_seed(g) : 0;
}

accel_tensor *accel_generator_state(accel_generator *generator)
{
    RETURN_NULL_IF_FAILED();
    engine_generator *g = resolve(generator, __func__);
    return g ? tensor_create(engine_generator_state(g)) : NULL;
}

accel_status accel_generator_set_state(accel_generator *generator, accel_tensor *state)
{
    RETURN_STATUS_IF_FAILED();
    engine_generator *g = resolve(generator, __func__);
    if (!g || !tensor_check(state, __func__, "state"))
        return accel_error_status();
    return engine_generator_set_state(g, state);
}

static accel_device device_of(accel_generator *generator)
{
    engine_generator *g = resolve(generator, "accel_generator_draw");
    return g ? engine_generator_device(g) : accel_device_cpu();
}

static accel_value generator_value(accel_generator *generator)
{
    if (!generator)
        return (accel_value){.kind = ACCEL_VALUE_NONE};
    return (accel_value){.kind = ACCEL_VALUE_GENERATOR, .as.generator = generator};
}

int64_t accel_generator_draw(accel_generator *generator)
{
    static op_site site = {__func__, "aten::random_", NULL};
    accel_tensor *near = accel_empty(ACCEL_INT64, NULL, 0);
    accel_tensor *number = device_tensor(near, device_of(generator), __func__);
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = number},
        generator_value(generator),
    };
    accel_free(near);
    accel_free(op_call(&site, values, 2));
    int64_t drawn = accel_item_integer(number);
    accel_free(number);
    return drawn;
}

/* Where the generator is. */
static accel_tensor *draw(op_site *site, accel_value shape, accel_generator *generator)
{
    char name[DEVICE_NAME];
    const accel_value values[] = {
        shape,
        generator_value(generator),
        {.kind = ACCEL_VALUE_NONE},
        {.kind = ACCEL_VALUE_NONE},
        {.kind = ACCEL_VALUE_STRING, .as.string = device_name_into(device_of(generator), name)},
    };
    return op_call(site, values, sizeof values / sizeof values[0]);
}

accel_tensor *accel_rand(accel_generator *generator, const int64_t *sizes, size_t rank)
{
    static op_site site = {__func__, "aten::rand.generator", NULL};
    return draw(&site, (accel_value){.kind = ACCEL_VALUE_INTEGERS, .count = rank, .as.integers = sizes},
                generator);
}

accel_tensor *accel_randn(accel_generator *generator, const int64_t *sizes, size_t rank)
{
    static op_site site = {__func__, "aten::randn.generator", NULL};
    return draw(&site, (accel_value){.kind = ACCEL_VALUE_INTEGERS, .count = rank, .as.integers = sizes},
                generator);
}

accel_tensor *accel_randperm(accel_generator *generator, int64_t n)
{
    static op_site site = {__func__, "aten::randperm.generator", NULL};
    if (n < 0)
        return RAISE_NULL(ACCEL_EINVAL, "n must not be negative, got %lld", (long long)n);
    return draw(&site, (accel_value){.kind = ACCEL_VALUE_INTEGER, .as.integer = n}, generator);
}

static accel_status fill(op_site *site, accel_tensor *tensor, double a, double b, accel_generator *generator)
{
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = tensor},
        {.kind = ACCEL_VALUE_REAL, .as.real = a},
        {.kind = ACCEL_VALUE_REAL, .as.real = b},
        generator_value(generator),
    };
    accel_no_grad() {
        accel_free(op_call(site, values, 4));
    }
    return accel_error_status();
}

accel_status accel_fill_uniform(accel_tensor *tensor, double from, double to, accel_generator *generator)
{
    static op_site site = {__func__, "aten::uniform_", NULL};
    return fill(&site, tensor, from, to, generator);
}

accel_status accel_fill_normal(accel_tensor *tensor, double mean, double std, accel_generator *generator)
{
    static op_site site = {__func__, "aten::normal_", NULL};
    return fill(&site, tensor, mean, std, generator);
}

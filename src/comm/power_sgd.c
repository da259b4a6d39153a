#include "comm/power_sgd.h"

#include <math.h>

#include <accel/log.h>
#include <accel/op.h>
#include <accel/ops.h>
#include <accel/random.h>
#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/device.h"
#include "base/object.h"
#include "comm/basis.h"

/* What one message leaves for its next pass. All retained; NULL for nothing. */
typedef struct remnant {
    accel_tensor *error; /* what the last approximation left out */
    accel_tensor *p, *q; /* the narrow matrices, one after another */
} remnant;

struct power_sgd {
    accel_power_sgd_options options;
    accel_generator *seeds; /* retained */
    uint64_t words;         /* drawn from it, the second of which is still to be used */
    bool has_word;
    int64_t iteration, next_report;
    double before, after; /* elements, in all messages so far */
    remnant *remnants;    /* by the index of the message */
    size_t count;
};

/* ---- life ---- */

power_sgd *power_sgd_create(const accel_power_sgd_options *options)
{
    power_sgd *s = memory_alloc(1, sizeof *s);
    if (!s)
        return NULL;
    accel_generator *seeds = accel_generator_create(options->random_seed);
    *s = (power_sgd){.options = *options, .seeds = object_retain(seeds)};
    accel_free(seeds);
    return s;
}

static void keep(accel_tensor **kept, accel_tensor *tensor)
{
    object_retain(tensor);
    object_release(*kept);
    *kept = tensor;
}

static void forget_matrices(power_sgd *s)
{
    for (size_t i = 0; i < s->count; i++) {
        keep(&s->remnants[i].p, NULL);
        keep(&s->remnants[i].q, NULL);
    }
}

void power_sgd_free(power_sgd *s)
{
    if (!s)
        return;
    forget_matrices(s);
    for (size_t i = 0; i < s->count; i++)
        keep(&s->remnants[i].error, NULL);
    object_release(s->seeds);
    memory_free(s->remnants);
    memory_free(s);
}

static remnant *find_remnant(power_sgd *s, size_t index)
{
    remnant *more = index < s->count ? s->remnants : memory_resize(s->remnants, index + 1, sizeof *more);
    if (!more)
        return NULL;
    s->remnants = more;
    while (s->count <= index)
        s->remnants[s->count++] = (remnant){0};
    return &s->remnants[index];
}

/* ---- random numbers ---- */

/* numpy's RandomState.randint(10^9), of the same twister: words cut to 30 bits until one fits. The generator draws two at a time. */
static uint64_t draw_seed(power_sgd *s)
{
    enum { SEEDS = 1000000000 };
    uint64_t seed = SEEDS;
    while (seed >= SEEDS && !accel_error_is_set()) {
        if (!s->has_word)
            s->words = (uint64_t)accel_generator_draw(s->seeds);
        s->has_word = !s->has_word;
        seed = (s->has_word ? s->words >> 32 : s->words) & 0x3fffffff;
    }
    return seed;
}

/* Random numbers in the columns that are marked: the CPU's, on whatever device. */
static void randomize(accel_tensor *q, accel_tensor *marks, accel_generator *generator)
{
    accel_tensor *numbers = accel_empty(accel_tensor_dtype(q), accel_tensor_sizes(q), accel_tensor_rank(q));
    accel_fill_normal(numbers, 0, 1, generator);
    numbers = accel_to_device(numbers, accel_tensor_device(q));
    accel_tensor_assign(q, accel_op("aten::where.self", marks, numbers, q));
}

/* ---- one message ---- */

/* Matrices of one shape: (batch, rows, columns) ≈ p · qᵀ. */
typedef struct product {
    accel_tensor *matrices, *p, *q;
    int64_t batch, rows, columns, rank;
    accel_tensor *const *originals; /* that `matrices` are a copy of, one of each; NULL: they are no copy */
} product;

typedef struct approximation {
    power_sgd *sgd;
    accel_grad_bucket *bucket;
    remnant *left;
    accel_tensor *whole;     /* all that is approximated, in place */
    accel_tensor *wanted;    /* what it was; NULL where nobody asks */
    accel_tensor **matrices; /* views of it, by shape, as their shapes come first */
    accel_tensor **plain;    /* what is not approximated, in rows */
    product *products;
    size_t matrix_count, plain_count, product_count;
} approximation;

static int64_t rank_of(const power_sgd *s, int64_t rows, int64_t columns)
{
    int64_t rank = s->options.matrix_approximation_rank;
    rank = rank < rows ? rank : rows;
    return rank < columns ? rank : columns;
}

static void add_product(approximation *a, accel_tensor *matrices, accel_tensor *const *originals)
{
    if (!matrices)
        return;
    product x = {.matrices = matrices,
                 .batch = accel_tensor_size(matrices, 0),
                 .rows = accel_tensor_size(matrices, 1),
                 .columns = accel_tensor_size(matrices, 2),
                 .originals = originals};
    x.rank = rank_of(a->sgd, x.rows, x.columns);
    a->products[a->product_count++] = x;
}

/* Elements of all narrow matrices of one kind. */
static int64_t total(const approximation *a, bool of_p)
{
    int64_t sum = 0;
    for (size_t i = 0; i < a->product_count; i++) {
        const product *x = &a->products[i];
        sum += x->batch * (of_p ? x->rows : x->columns) * x->rank;
    }
    return sum;
}

static void make_matrices(const approximation *a)
{
    accel_dtype dtype = accel_tensor_dtype(a->whole);
    keep(&a->left->p, device_empty(a->whole, dtype, ACCEL_SHAPE(total(a, true))));
    keep(&a->left->q, device_empty(a->whole, dtype, ACCEL_SHAPE(total(a, false))));
}

/* The next (batch, rows, rank) of a row. */
static accel_tensor *take(accel_tensor *row, int64_t *offset, const product *x, int64_t rows)
{
    int64_t size = x->batch * rows * x->rank;
    accel_tensor *part = accel_narrow(row, 0, *offset, size);
    *offset += size;
    return accel_view(part, ACCEL_SHAPE(x->batch, rows, x->rank));
}

/* Columns that have become zero would stay so. */
static void start_q(const approximation *a, accel_tensor *q, bool fresh, accel_generator **generator)
{
    if (fresh)
        accel_op("aten::zero_", q);
    accel_tensor *missing = basis_missing(q);
    if (accel_item(accel_op("aten::any", missing)) != 0) {
        if (!*generator)
            *generator = accel_generator_create(draw_seed(a->sgd));
        randomize(q, missing, *generator);
    }
    basis_orthogonalize(q, a->sgd->options.orthogonalization_epsilon);
}

/* Random matrices where there are none from before. */
static void start(const approximation *a)
{
    bool fresh = !a->sgd->options.warm_start || !a->left->p;
    accel_generator *generator = NULL;
    int64_t p = 0, q = 0;
    if (fresh) {
        make_matrices(a);
        generator = accel_generator_create(draw_seed(a->sgd));
    }
    for (size_t i = 0; i < a->product_count && !accel_error_is_set(); i++) {
        product *x = &a->products[i];
        x->p = take(a->left->p, &p, x, x->rows);
        x->q = take(a->left->q, &q, x, x->columns);
        start_q(a, x->q, fresh, &generator);
    }
}

static void sum(const approximation *a, accel_tensor *tensor)
{
    if (accel_tensor_numel(tensor) > 0)
        bucket_sum(a->bucket, tensor);
}

static void divide(const approximation *a, accel_tensor *tensor)
{
    accel_op("aten::div_.Scalar", tensor, accel_grad_bucket_num_processes(a->bucket));
}

static void average_plain(const approximation *a)
{
    int64_t offset = 0;
    if (a->plain_count == 0)
        return;
    accel_tensor *row = accel_cat(a->plain, a->plain_count, 0);
    sum(a, row);
    divide(a, row);
    for (size_t i = 0; i < a->plain_count && !accel_error_is_set(); i++) {
        int64_t size = accel_tensor_numel(a->plain[i]);
        accel_tensor_assign(a->plain[i], accel_narrow(row, 0, offset, size));
        offset += size;
    }
}

static void multiply(accel_tensor *out, accel_tensor *left, accel_tensor *right)
{
    accel_op("aten::bmm.out", left, right, out);
}

/* P is the sum of the processes' M · Q, made orthogonal; Q is the mean of their Mᵀ · P. */
static void average_products(const approximation *a)
{
    for (size_t i = 0; i < a->product_count; i++)
        multiply(a->products[i].p, a->products[i].matrices, a->products[i].q);
    average_plain(a);
    sum(a, a->left->p);
    for (size_t i = 0; i < a->product_count; i++) {
        const product *x = &a->products[i];
        basis_orthogonalize(x->p, a->sgd->options.orthogonalization_epsilon);
        multiply(x->q, accel_transpose(x->matrices, 1, 2), x->p);
    }
    sum(a, a->left->q);
    divide(a, a->left->q);
}

static void put_back(const product *x)
{
    multiply(x->matrices, x->p, accel_transpose(x->q, 1, 2));
    for (int64_t i = 0; x->originals && i < x->batch; i++)
        accel_tensor_assign(x->originals[i], accel_select(x->matrices, 0, i));
}

/* ---- from pass to pass ---- */

static void report(power_sgd *s, const accel_grad_bucket *b)
{
    if (!b->is_last || s->iteration < s->next_report)
        return;
    accel_log_local_main_line(
        ACCEL_LOG_INFO, "PowerSGD: after %lld passes, %.0f elements have travelled as %.0f, %.3g times fewer",
        (long long)s->iteration, s->before, s->after, s->after > 0 ? s->before / s->after : 0);
    s->next_report = s->iteration + s->options.compression_stats_logging_frequency;
}

/* What was left out comes in. */
static accel_status begin(approximation *a)
{
    if (!a->left || !a->sgd->options.use_error_feedback)
        return accel_error_status();
    if (a->left->error)
        accel_op("aten::add_.Tensor", a->whole, a->left->error);
    a->wanted = accel_clone(a->whole);
    return accel_error_status();
}

static accel_status approximate(approximation *a)
{
    power_sgd *s = a->sgd;
    report(s, a->bucket);
    start(a);
    average_products(a);
    for (size_t i = 0; i < a->product_count; i++)
        put_back(&a->products[i]);
    if (a->wanted)
        keep(&a->left->error, accel_sub(a->wanted, a->whole));
    if (!s->options.warm_start)
        forget_matrices(s);
    s->iteration += a->bucket->is_last;
    return accel_error_status();
}

/* The first passes of all, plainly; whether this is one. */
static bool is_early(power_sgd *s, accel_grad_bucket *b)
{
    if (s->iteration >= s->options.start_power_sgd_iter)
        return false;
    s->iteration += b->is_last;
    accel_op("aten::div_.Scalar", b->buffer, accel_grad_bucket_num_processes(b));
    bucket_sum(b, b->buffer);
    return true;
}

/* ---- layer by layer ---- */

/* A gradient as (rows, columns) where that is worth approximating; NULL elsewhere. */
static accel_tensor *as_matrix(power_sgd *s, accel_tensor *gradient)
{
    int64_t size = accel_tensor_numel(gradient);
    int64_t rows = size > 0 && accel_tensor_rank(gradient) > 0 ? accel_tensor_size(gradient, 0) : 1;
    int64_t columns = size / rows, narrow = (rows + columns) * rank_of(s, rows, columns);
    bool worth = size > 0 && (double)narrow * s->options.min_compression_rate < (double)size;
    s->before += (double)size;
    s->after += (double)(worth ? narrow : size);
    return worth ? accel_view(gradient, ACCEL_SHAPE(rows, columns)) : NULL;
}

static bool same_shape(accel_tensor *a, accel_tensor *b)
{
    return accel_tensor_size(a, 0) == accel_tensor_size(b, 0) &&
           accel_tensor_size(a, 1) == accel_tensor_size(b, 1);
}

/* Sorts into what is approximated and what is not. */
static void divide_gradients(approximation *a, accel_tensor **found)
{
    size_t count = a->bucket->count;
    for (size_t i = 0; i < count && !accel_error_is_set(); i++) {
        found[i] = as_matrix(a->sgd, a->bucket->gradients[i]);
        if (!found[i])
            a->plain[a->plain_count++] = accel_view(a->bucket->gradients[i], ACCEL_SHAPE(-1));
    }
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        for (size_t k = i; found[i] && k < count; k++)
            if (found[k] && (k == i || same_shape(found[i], found[k]))) {
                a->matrices[a->matrix_count++] = found[k];
                found[k] = k == i ? found[k] : NULL;
            }
}

static void add_products(approximation *a)
{
    bool together = a->sgd->options.batch_tensors_with_same_shape;
    size_t i = 0;
    while (i < a->matrix_count && !accel_error_is_set()) {
        accel_tensor **first = &a->matrices[i];
        size_t batch = 1;
        while (together && i + batch < a->matrix_count && same_shape(*first, first[batch]))
            batch++;
        if (batch == 1)
            add_product(a, accel_unsqueeze(*first, 0), NULL);
        else
            add_product(a, accel_stack(first, batch, 0), first);
        i += batch;
    }
}

accel_tensor *power_sgd_average(power_sgd *s, accel_grad_bucket *b)
{
    if (is_early(s, b))
        return b->buffer;
    approximation a = {.sgd = s, .bucket = b, .left = find_remnant(s, b->index), .whole = b->buffer};
    accel_tensor **lists = memory_alloc(3 * b->count, sizeof *lists);
    a.products = memory_alloc(b->count, sizeof *a.products);
    if (lists && a.products && begin(&a) == ACCEL_OK) {
        a.matrices = lists + b->count;
        a.plain = lists + 2 * b->count;
        divide_gradients(&a, lists);
        add_products(&a);
        approximate(&a);
    }
    memory_free(a.products);
    memory_free(lists);
    return b->buffer;
}

/* ---- a message as one matrix ---- */

accel_tensor *power_sgd_average_batched(power_sgd *s, accel_grad_bucket *b)
{
    if (is_early(s, b))
        return b->buffer;
    int64_t size = accel_tensor_numel(b->buffer), side = (int64_t)ceil(sqrt((double)size));
    accel_tensor *square = device_zeros(b->buffer, accel_tensor_dtype(b->buffer), ACCEL_SHAPE(side * side));
    accel_tensor *row = accel_narrow(square, 0, 0, size);
    product only;
    approximation a = {
        .sgd = s, .bucket = b, .left = find_remnant(s, b->index), .whole = square, .products = &only};
    accel_tensor_assign(row, b->buffer);
    if (begin(&a) != ACCEL_OK)
        return NULL;
    add_product(&a, accel_view(square, ACCEL_SHAPE(1, side, side)), NULL);
    s->before += (double)size;
    s->after += (double)(2 * side * rank_of(s, side, side));
    approximate(&a);
    accel_tensor_assign(b->buffer, row);
    return b->buffer;
}

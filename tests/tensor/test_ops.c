/* Every typed operation once, against values computed by hand or with the C library. */
#include "tensors.h"

/* What an operation gave and what it should have given; `call` names both in a failure. */
typedef struct row {
    const char *call;
    accel_tensor *result;
    accel_dtype dtype;
    const char *shape;
    const double *values;
    size_t count;
} row;

#define ROW(call, dtype, shape, ...)                                                                           \
    {#call,                                                                                                    \
     call,                                                                                                     \
     dtype,                                                                                                    \
     shape,                                                                                                    \
     (const double[]){__VA_ARGS__},                                                                            \
     sizeof((const double[]){__VA_ARGS__}) / sizeof(double)}
#define F32(call, shape, ...) ROW(call, ACCEL_FLOAT32, shape, __VA_ARGS__)
#define I64(call, shape, ...) ROW(call, ACCEL_INT64, shape, __VA_ARGS__)
#define BOOLS(call, shape, ...) ROW(call, ACCEL_BOOLEAN, shape, __VA_ARGS__)

/* The calls seen so far, for the comparison with the table at the end. */
static const char *seen[256];
static size_t seen_count;

static void expect_row(const row *r)
{
    char shape[64] = "";
    if (!r->result || accel_error_is_set())
        fail_msg("%s: %s", r->call, accel_error_text());
    for (size_t i = 0; i < accel_tensor_rank(r->result); i++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%lld", i ? " " : "",
                 (long long)accel_tensor_size(r->result, (int)i));
    if (strcmp(shape, r->shape) != 0 || accel_tensor_dtype(r->result) != r->dtype)
        fail_msg("%s: shape (%s) of %s, expected (%s) of %s", r->call, shape,
                 accel_dtype_name(accel_tensor_dtype(r->result)), r->shape, accel_dtype_name(r->dtype));
    size_t count;
    double *values = elements(r->result, &count);
    assert_int_equal(count, r->count);
    for (size_t i = 0; i < count; i++)
        if (!(fabs(values[i] - r->values[i]) <= 1e-6 * fmax(1, fabs(r->values[i]))))
            fail_msg("%s: element %zu is %.9g, expected %.9g", r->call, i, values[i], r->values[i]);
    free(values);
    assert_true(seen_count < sizeof seen / sizeof seen[0]);
    seen[seen_count++] = r->call;
}

static void expect_rows(const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_row(&rows[i]);
}
#define EXPECT_ROWS(rows) expect_rows(rows, sizeof rows / sizeof rows[0])

static void arithmetic(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *a = FLOATS(ACCEL_SHAPE(2, 2), 1, -2, 3, 0.5f), *b = FLOATS(ACCEL_SHAPE(2), 4, -0.5f);
        accel_tensor *p = FLOATS(ACCEL_SHAPE(3), 0.25f, 1, 4), *n = INTEGERS(ACCEL_SHAPE(2), 7, -2);
        const row rows[] = {
            F32(accel_add(a, b), "2 2", 5, -2.5, 7, 0),
            F32(accel_sub(a, b), "2 2", -3, -1.5, -1, 1),
            F32(accel_mul(a, b), "2 2", 4, 1, 12, -0.25),
            F32(accel_div(a, b), "2 2", 0.25, 4, 0.75, -1),
            F32(accel_div(n, n), "2", 1, 1),
            F32(accel_add_scalar(a, 0.5), "2 2", 1.5, -1.5, 3.5, 1),
            F32(accel_sub_scalar(a, 1), "2 2", 0, -3, 2, -0.5),
            F32(accel_mul_scalar(a, -2), "2 2", -2, 4, -6, -1),
            F32(accel_div_scalar(a, 4), "2 2", 0.25, -0.5, 0.75, 0.125),
            F32(accel_pow_scalar(p, 1.5), "3", 0.125, 1, 8),
            F32(accel_neg(b), "2", -4, 0.5),
            F32(accel_abs(b), "2", 4, 0.5),
            F32(accel_square(b), "2", 16, 0.25),
            F32(accel_sqrt(p), "3", 0.5, 1, 2),
            F32(accel_rsqrt(p), "3", 2, 1, 0.5),
            F32(accel_exp(b), "2", exp(4), exp(-0.5)),
            F32(accel_log(p), "3", log(0.25), 0, log(4)),
            F32(accel_sin(b), "2", sin(4), sin(-0.5)),
            F32(accel_cos(b), "2", cos(4), cos(-0.5)),
            F32(accel_clamp(a, -0.5, 1), "2 2", 1, -0.5, 1, 0.5),
            F32(accel_maximum(a, b), "2 2", 4, -0.5, 4, 0.5),
            F32(accel_minimum(a, b), "2 2", 1, -2, 3, -0.5),
        };
        EXPECT_ROWS(rows);
    }
}

/* As in Python: x * 2 keeps integers, x * 2.5 does not. */
static void whole_scalars_keep_integer_dtypes(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *n = INTEGERS(ACCEL_SHAPE(2), 7, -2), *mask = accel_gt_scalar(n, 0);
        accel_tensor *small = accel_to_dtype(n, ACCEL_INT8);
        const row rows[] = {
            I64(accel_add_scalar(n, 2), "2", 9, 0),
            I64(accel_sub_scalar(n, 2), "2", 5, -4),
            I64(accel_mul_scalar(n, 2), "2", 14, -4),
            I64(accel_pow_scalar(n, 2), "2", 49, 4),
            I64(accel_clamp(n, -1, 5), "2", 5, -1),
            I64(accel_masked_fill(n, mask, 3), "2", 3, -2),
            I64(accel_mul_scalar_in_place(accel_clone(n), 3), "2", 21, -6),
            I64(accel_fill_in_place(accel_clone(n), 5), "2", 5, 5),
            ROW(accel_add_scalar(small, 2), ACCEL_INT8, "2", 9, 0),
            F32(accel_add_scalar(n, 0.5), "2", 7.5, -1.5),
            F32(accel_div_scalar(n, 2), "2", 3.5, -1),
            BOOLS(accel_eq_scalar(n, 7), "2", 1, 0),
        };
        EXPECT_ROWS(rows);
        /* Whole, but not every such double is an integer of 64 bits. */
        EXPECT_VALUES(accel_mul_scalar(n, 0x1p62), 1e-6, 7 * 0x1p62, -0x1p63);
        EXPECT_VALUES(accel_add_scalar(n, (double)INFINITY), 0, (double)INFINITY, (double)INFINITY);
    }
}

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double gelu(double x) { return x * 0.5 * (1 + erf(x / sqrt(2))); }

static void activations(void **state)
{
    (void)state;
    const double e = exp(1), sum = 1 + e + e * e;
    accel_scoped() {
        accel_tensor *x = FLOATS(ACCEL_SHAPE(3), -1.5f, 0, 2), *s = FLOATS(ACCEL_SHAPE(2, 3), 0, 1, 2, 5, 6, 7);
        const row rows[] = {
            F32(accel_relu(x), "3", 0, 0, 2),
            F32(accel_gelu(x), "3", gelu(-1.5), 0, gelu(2)),
            F32(accel_silu(x), "3", -1.5 * sigmoid(-1.5), 0, 2 * sigmoid(2)),
            F32(accel_sigmoid(x), "3", sigmoid(-1.5), 0.5, sigmoid(2)),
            F32(accel_tanh(x), "3", tanh(-1.5), 0, tanh(2)),
            F32(accel_softmax(s, -1), "2 3", 1 / sum, e / sum, e * e / sum, 1 / sum, e / sum, e * e / sum),
            F32(accel_softmax(s, 0), "2 3", sigmoid(-5), sigmoid(-5), sigmoid(-5), sigmoid(5), sigmoid(5),
                sigmoid(5)),
            F32(accel_log_softmax(s, 1), "2 3", -log(sum), 1 - log(sum), 2 - log(sum), -log(sum), 1 - log(sum),
                2 - log(sum)),
        };
        EXPECT_ROWS(rows);
    }
}

static void comparisons(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *a = FLOATS(ACCEL_SHAPE(3), 1, 2, 3), *b = FLOATS(ACCEL_SHAPE(3), 1, 3, 2);
        accel_tensor *wild = FLOATS(ACCEL_SHAPE(3), 1, NAN, -INFINITY), *mask = accel_eq(a, b);
        const row rows[] = {
            BOOLS(accel_eq(a, b), "3", 1, 0, 0),
            BOOLS(accel_ne(a, b), "3", 0, 1, 1),
            BOOLS(accel_lt(a, b), "3", 0, 1, 0),
            BOOLS(accel_gt(a, b), "3", 0, 0, 1),
            BOOLS(accel_eq_scalar(a, 2), "3", 0, 1, 0),
            BOOLS(accel_ne_scalar(a, 2), "3", 1, 0, 1),
            BOOLS(accel_lt_scalar(a, 2.5), "3", 1, 1, 0),
            BOOLS(accel_gt_scalar(a, 2), "3", 0, 0, 1),
            BOOLS(accel_logical_not(mask), "3", 0, 1, 1),
            BOOLS(accel_logical_and(mask, a), "3", 1, 0, 0),
            BOOLS(accel_isfinite(wild), "3", 1, 0, 0),
            BOOLS(accel_all(mask), "", 0),
            BOOLS(accel_any(mask), "", 1),
            F32(accel_where(mask, a, accel_neg(b)), "3", 1, -3, -2),
            F32(accel_masked_fill(a, mask, -7.5), "3", -7.5, 2, 3),
        };
        EXPECT_ROWS(rows);
    }
}

static void reductions_and_products(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = FLOATS(ACCEL_SHAPE(2, 3), 1, 5, 3, -4, 0, 4);
        accel_tensor *w = FLOATS(ACCEL_SHAPE(2, 3), 1, 0, 2, 0, -1, 1), *bias = FLOATS(ACCEL_SHAPE(2), 10, 20);
        accel_tensor *v = FLOATS(ACCEL_SHAPE(2), 3, -4);
        const row rows[] = {
            F32(accel_sum(x), "", 9),
            I64(accel_sum(accel_arange(5)), "", 10),
            F32(accel_mean(x), "", 1.5),
            F32(accel_max(x), "", 5),
            F32(accel_min(x), "", -4),
            F32(accel_sum_dims(x, ACCEL_SHAPE(0), false), "3", -3, 5, 7),
            F32(accel_sum_dims(x, ACCEL_SHAPE(0, -1), true), "1 1", 9),
            F32(accel_mean_dims(x, ACCEL_SHAPE(1), true), "2 1", 3, 0),
            I64(accel_argmax(x, 1, false), "2", 1, 2),
            I64(accel_argmax(x, 0, true), "1 3", 0, 0, 1),
            F32(accel_vector_norm(v, 2), "", 5),
            F32(accel_vector_norm(v, 1), "", 7),
            F32(accel_vector_norm(v, (double)INFINITY), "", 4),
            F32(accel_matmul(x, accel_transpose(w, 0, 1)), "2 2", 7, -2, 4, 4),
            F32(accel_functional_linear(x, w, bias), "2 2", 17, 18, 14, 24),
            F32(accel_functional_linear(x, w, NULL), "2 2", 7, -2, 4, 4),
        };
        EXPECT_ROWS(rows);
    }
}

static void shapes(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_reshape(accel_arange(6), ACCEL_SHAPE(2, 3)), *line = accel_arange(3);
        accel_tensor *list[] = {line, accel_neg(line)}, *index = INTEGERS(ACCEL_SHAPE(2), 2, 0);
        accel_tensor *picks = INTEGERS(ACCEL_SHAPE(2, 1), 1, 2);
        const row rows[] = {
            I64(accel_reshape(x, ACCEL_SHAPE(-1, 2)), "3 2", 0, 1, 2, 3, 4, 5),
            I64(accel_view(x, ACCEL_SHAPE(6)), "6", 0, 1, 2, 3, 4, 5),
            I64(accel_transpose(x, 0, 1), "3 2", 0, 3, 1, 4, 2, 5),
            I64(accel_permute(x, ACCEL_SHAPE(1, 0)), "3 2", 0, 3, 1, 4, 2, 5),
            I64(accel_unsqueeze(line, 0), "1 3", 0, 1, 2),
            I64(accel_squeeze(accel_unsqueeze(line, -1), -1), "3", 0, 1, 2),
            I64(accel_flatten(x, 0, -1), "6", 0, 1, 2, 3, 4, 5),
            I64(accel_expand(line, ACCEL_SHAPE(2, -1)), "2 3", 0, 1, 2, 0, 1, 2),
            I64(accel_contiguous(accel_transpose(x, 0, 1)), "3 2", 0, 3, 1, 4, 2, 5),
            I64(accel_select(x, 0, -1), "3", 3, 4, 5),
            I64(accel_narrow(x, 1, 1, 2), "2 2", 1, 2, 4, 5),
            I64(accel_cat(list, 2, 0), "6", 0, 1, 2, 0, -1, -2),
            I64(accel_stack(list, 2, 1), "3 2", 0, 0, 1, -1, 2, -2),
            I64(accel_index_select(x, 1, index), "2 2", 2, 0, 5, 3),
            I64(accel_gather(x, 1, picks), "2 1", 1, 5),
            I64(accel_clone(line), "3", 0, 1, 2),
            F32(accel_to_dtype(line, ACCEL_FLOAT32), "3", 0, 1, 2),
            ROW(accel_to_dtype(line, ACCEL_BFLOAT16), ACCEL_BFLOAT16, "3", 0, 1, 2),
        };
        EXPECT_ROWS(rows);
        assert_true(accel_tensor_is_contiguous(accel_contiguous(accel_transpose(x, 0, 1))));
    }
}

static void results_share_storage_where_they_say(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 3));
        accel_tensor *shared[] = {
            accel_reshape(x, ACCEL_SHAPE(3, 2)),
            accel_view(x, ACCEL_SHAPE(6)),
            accel_transpose(x, 0, 1),
            accel_permute(x, ACCEL_SHAPE(1, 0)),
            accel_unsqueeze(x, 0),
            accel_squeeze(x, 0),
            accel_flatten(x, 0, 1),
            accel_select(x, 1, 2),
            accel_narrow(x, 0, 1, 1),
            accel_contiguous(x),
            accel_to_dtype(x, ACCEL_FLOAT32),
            accel_detach(x),
        };
        accel_tensor *apart[] = {accel_clone(x), accel_contiguous(accel_transpose(x, 0, 1)),
                                 accel_to_dtype(x, ACCEL_FLOAT64)};
        accel_fill_in_place(x, 4);
        for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++)
            assert_true(accel_item(accel_min(shared[i])) == 4);
        for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++)
            assert_true(accel_item(accel_max(apart[i])) == 0);
        expect_no_failure();
        assert_null(accel_view(accel_transpose(x, 0, 1), ACCEL_SHAPE(6)));
        expect_failure_with(ACCEL_EENGINE, "accel_view: ");
    }
}

static void layers_without_state(void **state)
{
    (void)state;
    const double r = sqrt(1.5); /* what -1 and 1 become when (-1, 0, 1) is normalised */
    accel_scoped() {
        accel_tensor *table = FLOATS(ACCEL_SHAPE(3, 2), 1, 2, 3, 4, 5, 6),
                     *ids = INTEGERS(ACCEL_SHAPE(3), 2, 0, 2);
        accel_tensor *x = FLOATS(ACCEL_SHAPE(2, 3), 4, 5, 6, -10, 0, 10);
        accel_tensor *scale = FLOATS(ACCEL_SHAPE(3), 1, 2, -1), *shift = FLOATS(ACCEL_SHAPE(3), 0, 0, 1);
        const row rows[] = {
            F32(accel_functional_embedding(table, ids, -1), "3 2", 5, 6, 1, 2, 5, 6),
            F32(accel_functional_layer_norm(x, ACCEL_SHAPE(3), NULL, NULL, 0), "2 3", -r, 0, r, -r, 0, r),
            F32(accel_functional_layer_norm(x, ACCEL_SHAPE(3), scale, shift, 0), "2 3", -r, 0, 1 - r, -r, 0,
                1 - r),
            F32(accel_functional_dropout(scale, 0.5, false), "3", 1, 2, -1),
            F32(accel_functional_dropout(scale, 1, true), "3", 0, 0, 0),
            F32(accel_functional_dropout(scale, 0, true), "3", 1, 2, -1),
        };
        EXPECT_ROWS(rows);
        accel_tensor *dropped =
            accel_functional_dropout(accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1000)), 0.5, true);
        assert_true(accel_item(accel_all(accel_logical_not(accel_eq_scalar(dropped, 1)))) == 1);
        double kept = accel_item(accel_sum(dropped)) / 2;
        assert_true(kept > 400 && kept < 600);
    }
}

static void in_place(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = FLOATS(ACCEL_SHAPE(2), 1, 2), *y = FLOATS(ACCEL_SHAPE(1), 10);
        const row added[] = {F32(accel_add_in_place(x, y), "2", 11, 12)};
        EXPECT_ROWS(added);
        const row scaled[] = {F32(accel_mul_scalar_in_place(x, 0.5), "2", 5.5, 6)};
        EXPECT_ROWS(scaled);
        const row filled[] = {F32(accel_fill_in_place(x, -1.25), "2", -1.25, -1.25)};
        EXPECT_ROWS(filled);
        EXPECT_VALUES(x, 0, -1.25, -1.25);
        assert_ptr_not_equal(filled[0].result, x);
        assert_ptr_equal(accel_tensor_data(filled[0].result), accel_tensor_data(x));
        assert_null(accel_add_in_place(y, x));
        expect_failure_with(ACCEL_EENGINE, "accel_add_in_place: ");
        EXPECT_VALUES(y, 0, 10);
    }
}

typedef accel_tensor *unary(accel_tensor *x);
typedef accel_tensor *binary(accel_tensor *a, accel_tensor *b);

static const struct {
    const char *name;
    unary *op;
} unaries[] =
    {
#define UNARY(name) {#name, name}
        UNARY(accel_neg),     UNARY(accel_abs),   UNARY(accel_square),      UNARY(accel_sqrt),
        UNARY(accel_rsqrt),   UNARY(accel_exp),   UNARY(accel_log),         UNARY(accel_sin),
        UNARY(accel_cos),     UNARY(accel_relu),  UNARY(accel_gelu),        UNARY(accel_silu),
        UNARY(accel_sigmoid), UNARY(accel_tanh),  UNARY(accel_isfinite),    UNARY(accel_all),
        UNARY(accel_any),     UNARY(accel_sum),   UNARY(accel_mean),        UNARY(accel_max),
        UNARY(accel_min),     UNARY(accel_clone), UNARY(accel_logical_not), UNARY(accel_contiguous),
},
  *const unaries_end = unaries + sizeof unaries / sizeof unaries[0];

static binary *const binaries[] = {
    accel_add, accel_sub,     accel_mul,     accel_div,         accel_eq,     accel_ne,           accel_lt,
    accel_gt,  accel_maximum, accel_minimum, accel_logical_and, accel_matmul, accel_add_in_place,
};

static void refuse_what_is_no_tensor(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, 2)), *stale = NULL;
        accel_scoped() {
            stale = accel_clone(x);
        }
        char text[160];
        for (size_t i = 0; &unaries[i] < unaries_end; i++) {
            assert_null(unaries[i].op(NULL));
            snprintf(text, sizeof text, "%s: argument \"self\" is missing", unaries[i].name);
            expect_failure(ACCEL_EINVAL, text);
            assert_null(unaries[i].op(stale));
            snprintf(text, sizeof text,
                     "%s: argument: this tensor ended with its batch or scope; use accel_keep()",
                     unaries[i].name);
            expect_failure(ACCEL_ESTALE, text);
        }
        for (size_t i = 0; i < sizeof binaries / sizeof binaries[0]; i++) {
            assert_null(binaries[i](x, NULL));
            expect_failure_with(ACCEL_EINVAL, "\" is missing");
            assert_null(binaries[i](stale, x));
            expect_failure_with(ACCEL_ESTALE, "use accel_keep()");
            assert_null(binaries[i](x, (accel_tensor *)(void *)state));
            expect_failure_with(ACCEL_EINVAL, "not a handle of this library");
        }
        EXPECT_VALUES(x, 0, 1, 1, 1, 1);
    }
}

static void refuse_what_does_not_fit(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, 3)),
                     *y = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(4));
        accel_tensor *list[] = {x, NULL}, *floats = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2));
        EXPECT_REFUSED(accel_add(x, y), ACCEL_EENGINE,
                       "accel_add: The size of tensor a (3) must match the size of");
        EXPECT_REFUSED(accel_softmax(x, 2), ACCEL_EINVAL, "accel_softmax: Dimension out of range");
        EXPECT_REFUSED(accel_reshape(x, ACCEL_SHAPE(4)), ACCEL_EENGINE,
                       "accel_reshape: shape '[4]' is invalid");
        EXPECT_REFUSED(accel_reshape(x, NULL, 2), ACCEL_EINVAL, "accel_reshape: an array or a string is NULL");
        EXPECT_REFUSED(accel_cat(list, 2, 0), ACCEL_EINVAL,
                       "accel_cat: item 1 of argument \"tensors\" is missing");
        EXPECT_REFUSED(accel_cat(NULL, 2, 0), ACCEL_EINVAL, "accel_cat: an array or a string is NULL");
        EXPECT_REFUSED(accel_cat(NULL, 0, 0), ACCEL_EINVAL, "accel_cat: ");
        EXPECT_REFUSED(accel_select(x, 1, 9), ACCEL_EINVAL, "accel_select: select(): index 9 out of range");
        EXPECT_REFUSED(accel_index_select(x, 0, floats), ACCEL_EENGINE, "accel_index_select: ");
        EXPECT_REFUSED(accel_gather(x, 0, floats), ACCEL_EENGINE, "accel_gather: ");
        EXPECT_REFUSED(accel_matmul(x, x), ACCEL_EENGINE, "accel_matmul: ");
        EXPECT_REFUSED(accel_to_dtype(x, (accel_dtype)99), ACCEL_EINVAL,
                       "accel_to_dtype: argument \"dtype\" must be in [0, ");
        EXPECT_REFUSED(accel_expand(x, ACCEL_SHAPE(2, 9)), ACCEL_EENGINE, "accel_expand: ");
    }
}

/* One operation of the table per line: none may be without a row above. */
static void covers_the_table(void **state)
{
    (void)state;
    const char *source = getenv("ACCEL_SOURCE");
    char path[4096], line[1024], name[80], call[96];
    snprintf(path, sizeof path, "%s/src/tensor/ops.table", source ? source : "");
    FILE *table = source ? fopen(path, "r") : NULL;
    if (!table) {
        print_message("covers_the_table: skipped, no ACCEL_SOURCE\n");
        skip();
    }
    size_t operations = 0;
    while (fgets(line, sizeof line, table)) {
        if (sscanf(line, "%79[a-z0-9_] |", name) != 1)
            continue;
        snprintf(call, sizeof call, "accel_%s(", name);
        bool found = false;
        for (size_t i = 0; i < seen_count && !found; i++)
            found = strncmp(seen[i], call, strlen(call)) == 0;
        if (!found)
            fail_msg("no row calls accel_%s", name);
        operations++;
    }
    fclose(table);
    assert_true(operations > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arithmetic),
        TEST(whole_scalars_keep_integer_dtypes),
        TEST(activations),
        TEST(comparisons),
        TEST(reductions_and_products),
        TEST(shapes),
        TEST(results_share_storage_where_they_say),
        TEST(layers_without_state),
        TEST(in_place),
        TEST(refuse_what_is_no_tensor),
        TEST(refuse_what_does_not_fit),
        TEST(covers_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

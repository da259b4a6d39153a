/* A small GAN: two models, two optimizers and two schedules in one program, on one process and on several that share the rows
   of a step, against Accelerate's. */
#include "ranks.h"

enum { STEPS = 20, ROWS = 16, WIDTH = 8 };

/* ---- the players ---- */

typedef struct player {
    accel_module *model, *first, *second;
    accel_optimizer *optimizer;
    accel_scheduler *scheduler;
} player;

static accel_tensor *forward(accel_module *self, accel_tensor *x, void *user)
{
    const player *p = user;
    (void)self;
    return accel_forward(p->second, accel_tanh(accel_forward(p->first, x)));
}

static void load(accel_module *model, accel_dict *oracle, const char *name)
{
    accel_dict *parameters = accel_module_parameters(model);
    for (size_t i = 0; i < accel_dict_count(parameters); i++) {
        char key[128];
        snprintf(key, sizeof key, "%s.%s", name, accel_dict_name(parameters, i));
        accel_no_grad() {
            accel_tensor_assign(accel_dict_tensor(parameters, i), accel_get(oracle, key));
        }
    }
}

static void make(player *p, accelerator *acc, int outputs, accel_dict *oracle, const char *name)
{
    p->model = accel_module_create(.forward = forward, .user = p);
    p->first = accel_module_add(p->model, "0", accel_linear(2, WIDTH));
    p->second = accel_module_add(p->model, "2", accel_linear(WIDTH, outputs));
    load(p->model, oracle, name);
    p->optimizer = accel_adamw(p->model, .lr = 0.01);
    p->scheduler = accel_scheduler_create("linear", p->optimizer,
                                          .num_training_steps = STEPS * accelerator_num_processes(acc));
    accelerator_prepare(acc, p->model, p->optimizer, p->scheduler);
}

static void step(accelerator *acc, const player *p, accel_tensor *loss)
{
    accelerator_backward(acc, loss);
    accelerator_clip_grad_norm(acc, p->model, 0.5, 2);
    accel_optimizer_step(p->optimizer);
    accel_scheduler_step(p->scheduler);
    accel_optimizer_zero_grad(p->optimizer);
}

/* ---- the game ---- */

static accel_tensor *loss_against(accel_tensor *logits, bool real)
{
    const int64_t rows = accel_tensor_size(logits, 0);
    accel_tensor *target = accel_full(real, ACCEL_FLOAT32, ACCEL_SHAPE(rows, 1));
    return accel_op("aten::binary_cross_entropy_with_logits", logits, beside(logits, target));
}

static accel_tensor *rows_of(accelerator *acc, accel_dict *oracle, const char *name, int i)
{
    return accelerator_split_tensor(acc, near(acc, accel_select(accel_get(oracle, name), 0, i)));
}

static double mean_of(accelerator *acc, accel_tensor *loss)
{
    return accel_item(accelerator_reduce(acc, loss, .reduction = "mean"));
}

static bool is_near(double got, accel_tensor *expected, int i, int column, double tolerance)
{
    double wanted = accel_item(accel_select(accel_select(expected, 0, i), 0, column));
    if (fabs(got - wanted) <= tolerance * fabs(wanted))
        return true;
    fprintf(stderr, "step %d, player %d: %.9g, expected %.9g\n", i, column, got, wanted);
    return false;
}

static int play(accel_mixed_precision precision, const char *run, double tolerance)
{
    char path[4096], losses[32], rates[32];
    accelerator *acc = accelerator_create(.mixed_precision = precision, .timeout = 60);
    snprintf(path, sizeof path, "%s/gan/gan.safetensors", getenv("ACCEL_TEST_ORACLE"));
    snprintf(losses, sizeof losses, "%s.losses", run);
    snprintf(rates, sizeof rates, "%s.rates", run);
    accel_dict *oracle = accel_load(path);
    player generator, discriminator;
    make(&generator, acc, 2, oracle, "generator");
    make(&discriminator, acc, 1, oracle, "discriminator");
    for (int i = 0; i < STEPS; i++)
        accel_scoped() {
            accel_tensor *fake = accel_forward(generator.model, rows_of(acc, oracle, "noise", i));
            accel_tensor *on_real = accel_forward(discriminator.model, rows_of(acc, oracle, "real", i));
            accel_tensor *on_fake = accel_forward(discriminator.model, accel_detach(fake));
            accel_tensor *loss_d = accel_add(loss_against(on_real, true), loss_against(on_fake, false));
            step(acc, &discriminator, loss_d);
            accel_tensor *loss_g = loss_against(accel_forward(discriminator.model, fake), true);
            step(acc, &generator, loss_g);
            accel_optimizer_zero_grad(discriminator.optimizer);
            CHECK(!accel_error_is_set());
            CHECK(is_near(mean_of(acc, loss_d), accel_get(oracle, losses), i, 0, tolerance));
            CHECK(is_near(mean_of(acc, loss_g), accel_get(oracle, losses), i, 1, tolerance));
            CHECK(is_near(accel_scheduler_last_lr(discriminator.scheduler, 0), accel_get(oracle, rates), i, 0,
                          1e-9));
            CHECK(
                is_near(accel_scheduler_last_lr(generator.scheduler, 0), accel_get(oracle, rates), i, 1, 1e-9));
        }
    return accelerator_finish(acc);
}

static int plays(void *user)
{
    (void)user;
    return play(ACCEL_PRECISION_NO, "no", 1e-5);
}

static int plays_in_bfloat16(void *user)
{
    (void)user;
    return play(ACCEL_BF16, "bf16", 1e-2);
}

/* There is no such run of the reference's on the CPU: half precision is near the others. */
static int plays_in_float16(void *user)
{
    (void)user;
    return play(ACCEL_FP16, "no", 1e-2);
}

static void is_the_references(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 2; processes++) {
        run_in(processes, plays);
        run_in(processes, plays_in_bfloat16);
        run_in(processes, plays_in_float16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_the_references)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * A network learns what a solver does, in the solver's own memory, while the solver runs.
 *
 *     ./in_situ
 *     accelerate launch --cpu --num_processes 2 ./in_situ
 *     mpirun -n 2 ./in_situ
 *
 * The solver cools plates with hot spots; conductivity grows with temperature. Each process has its own plates, and all train one
 * network, which tells the temperatures some time steps ahead.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <accel/accel.h>

enum { SPOTS = 24, ROUNDS = 8, WINDOW = 7, HIDDEN = 32 };

typedef struct arguments {
    long size, ahead, steps, factor, seed;
} arguments;

static void parse(int argc, char **argv, arguments *a)
{
    *a = (arguments){.size = 64, .ahead = 8, .steps = 400, .factor = 5, .seed = 42};
    const struct {
        const char *name, *help;
        long *value, min;
    } rows[] = {
        {"size", "points along an edge of a plate", &a->size, 24},
        {"ahead", "time steps that the network looks ahead", &a->ahead, 1},
        {"steps", "training steps, one whenever the solver has come as far ahead", &a->steps, 1},
        {"factor", "fail unless the error becomes so many times smaller", &a->factor, 1},
        {"seed", "of every random number", &a->seed, 0},
    };
    enum { ROWS = sizeof rows / sizeof rows[0], MAX = 1000000 };
    struct option longs[ROWS + 2] = {{0}};
    for (int i = 0; i < ROWS; i++)
        longs[i] = (struct option){rows[i].name, required_argument, NULL, i};
    longs[ROWS] = (struct option){"help", no_argument, NULL, 'h'};
    for (int i; (i = getopt_long(argc, argv, "h", longs, NULL)) != -1;) {
        for (int row = 0; i == 'h' && row < ROWS; row++)
            printf("  --%-8s %s (%ld)\n", rows[row].name, rows[row].help, *rows[row].value);
        if (i == 'h' || i == '?')
            exit(i == 'h' ? 0 : 2);
        char *end = NULL;
        long value = *rows[i].value = strtol(optarg, &end, 10);
        if (end != optarg && !*end && value >= rows[i].min && value <= MAX)
            continue;
        fprintf(stderr, "in_situ: --%s must be in [%ld, %d], got %s\n", rows[i].name, rows[i].min, MAX, optarg);
        exit(2);
    }
}

/* ---- the solver, which knows nothing of networks ---- */

/* Temperatures of size × size points, in rows of `pitch`: around them is an edge that stays cold. */
typedef struct plate {
    long size, pitch, rounds;
    float *memory, *before, *after, *scratch;
    unsigned random;
} plate;

static plate plate_create(long size, long seed)
{
    size_t points = (size_t)((size + 2) * (size + 2));
    float *memory = calloc(3 * points, sizeof *memory);
    if (!memory) {
        perror("in_situ");
        exit(1);
    }
    return (plate){size, size + 2, 0, memory, memory, memory + points, memory + 2 * points, (unsigned)seed};
}

static float draw(plate *p, float a, float b) { return a + (b - a) * (float)rand_r(&p->random) * 0x1p-31f; }

static void heat(plate *p)
{
    for (int spot = 0; spot < SPOTS; spot++) {
        float x = draw(p, 10, (float)p->size - 10), y = draw(p, 10, (float)p->size - 10);
        float hottest = draw(p, 0.3f, 1), radius = draw(p, 1.5f, 3);
        for (long row = 1; row <= p->size; row++)
            for (long column = 1; column <= p->size; column++) {
                float *point = &p->before[row * p->pitch + column];
                float distance = hypotf((float)column - x, (float)row - y) / radius;
                *point = fmaxf(spot > 0 ? *point : 0, hottest * expf(-distance * distance / 2));
            }
    }
}

/* The integral of the conductivity 1 + 2u: heat flows by its differences. */
static float integral(float u) { return u + u * u; }

static void time_step(const plate *p, const float *from, float *to)
{
    for (long row = 1; row <= p->size; row++)
        for (long column = 1; column <= p->size; column++) {
            const float *u = &from[row * p->pitch + column];
            float around = integral(u[-1]) + integral(u[1]) + integral(u[-p->pitch]) + integral(u[p->pitch]);
            to[row * p->pitch + column] = *u + 0.05f * (around - 4 * integral(*u));
        }
}

/* Goes on from `after`, which becomes `before`; after some rounds there are new hot spots instead. */
static void advance(plate *p, long time_steps)
{
    float *now = p->after;
    p->after = p->before;
    p->before = now;
    if (p->rounds++ % ROUNDS == 0)
        heat(p);
    for (float *from = p->before, *to; time_steps > 0; time_steps--, from = to)
        time_step(p, from, to = time_steps % 2 ? p->after : p->scratch);
}

/* ---- the network ---- */

/* A linear layer of what a window shows, slid over x: (1, channels, size, size). */
static accel_tensor *slide(accel_module *layer, accel_tensor *x, int64_t window)
{
    accel_tensor *weight = accel_module_tensor(layer, "weight"), *bias = accel_module_tensor(layer, "bias");
    weight = accel_reshape(weight, ACCEL_SHAPE(accel_tensor_size(weight, 0), -1, window, window));
    return accel_op("aten::conv2d", x, weight, bias, ACCEL_INTS(1, 1), ACCEL_INTS(window / 2, window / 2));
}

static accel_tensor *surrogate_forward(accel_module *self, accel_tensor *before, void *user)
{
    (void)user;
    accel_tensor *hidden = accel_gelu(slide(accel_module_child(self, "window"), before, WINDOW));
    return accel_add(before, slide(accel_module_child(self, "change"), hidden, 1));
}

/* The points within the edge, as a tensor: (1, 1, size, size). It is the solver's memory, not a copy. */
static accel_tensor *inside(const plate *p, float *field)
{
    const int64_t strides[] = {p->pitch * p->pitch, p->pitch * p->pitch, p->pitch, 1};
    return accel_tensor_wrap(field + p->pitch + 1, ACCEL_FLOAT32, ACCEL_SHAPE(1, 1, p->size, p->size),
                             .strides = strides);
}

/* How far the network is off, a root mean square. Its answer goes into the solver's memory, too. */
static double error_on(const plate *p, accel_module *model, accel_device device)
{
    double sum = 0;
    accel_scoped()
        accel_no_grad()
            accel_tensor_assign(inside(p, p->scratch),
                                accel_forward(model, accel_to_device(inside(p, p->before), device)));
    for (long i = 0; i < p->pitch * p->pitch; i++)
        sum += pow(p->scratch[i] - p->after[i], 2);
    return sqrt(sum / (double)(p->size * p->size));
}

/* At first it says that nothing changes. */
static accel_module *create_network(void)
{
    accel_module *model = accel_module_create(.type = "Surrogate", .forward = surrogate_forward);
    accel_module_add(model, "window", accel_linear(WINDOW * WINDOW, HIDDEN));
    accel_module *change = accel_module_add(model, "change", accel_linear(HIDDEN, 1));
    accel_init_constant(accel_module_tensor(change, "weight"), 0);
    accel_init_constant(accel_module_tensor(change, "bias"), 0);
    return model;
}

/* One training step after each advance of the solver. Gives how far the network is off in the end on a plate that nobody trains on. */
static double train(accelerator *acc, accel_module *model, plate *own, const plate *unseen, const arguments *a)
{
    accel_device device = accelerator_device(acc);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 5e-3);
    accel_scheduler *scheduler = accel_scheduler_create(
        "cosine", optimizer, .num_training_steps = a->steps * accelerator_num_processes(acc));
    accelerator_prepare(acc, model, optimizer, scheduler);
    double error = 0;
    for (long i = 1; i <= a->steps && !accel_error_is_set(); i++) {
        advance(own, a->ahead);
        accel_scoped() {
            accel_tensor *before = accel_to_device(inside(own, own->before), device);
            accel_tensor *after = accel_to_device(inside(own, own->after), device);
            accelerator_backward(acc, accel_mse_loss(accel_forward(model, before), after));
            accel_optimizer_step(optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
        }
        if (i % 100 == 0 || i == a->steps)
            accelerator_print(acc, "step %4ld: off by %.5f\n", i, error = error_on(unseen, model, device));
    }
    return error;
}

int main(int argc, char **argv)
{
    arguments a;
    parse(argc, argv, &a);
    accelerator *acc = accelerator_create();
    accel_set_seed((uint64_t)a.seed);
    int process = accelerator_process_index(acc);
    plate own = plate_create(a.size, a.seed + 1 + process), unseen = plate_create(a.size, a.seed);
    for (int i = 0; i < ROUNDS / 2; i++)
        advance(&unseen, a.ahead);
    accel_module *model = create_network();
    double first = error_on(&unseen, model, accel_device_cpu());
    accelerator_print(acc, "step %4d: off by %.5f on a plate that nobody trains on\n", 0, first);
    double error = train(acc, model, &own, &unseen, &a);
    if (!(first >= error * (double)a.factor))
        accel_error_raise(ACCEL_EINVAL, "in_situ", "off by %g, at first by %g: --factor is %ld", error, first,
                          a.factor);
    if (!accel_error_is_set())
        printf("process %d of %d: its weights add up to %.9g\n", process, accelerator_num_processes(acc),
               accel_item(accel_sum(accel_module_tensor(accel_module_child(model, "window"), "weight"))));
    free(own.memory);
    free(unseen.memory);
    return accelerator_finish(acc);
}

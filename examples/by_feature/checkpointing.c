/*
 * The whole state of training is saved after every twentieth batch; what falls in the middle of an epoch goes on from the last state as if
 * it had not fallen.
 */
#include "moons.h"

enum { EPOCHS = 4 };

/* + What belongs to the state beside what is prepared. */
static accel_dict *save_count(void *user)
{
    accel_dict *state = accel_dict_create();
    accel_dict_set(state, "seen", accel_tensor_copy_from(user, ACCEL_INT64, NULL, 0));
    return state;
}

static accel_status load_count(void *user, accel_dict *state)
{
    *(int64_t *)user = accel_item_integer(accel_get(state, "seen"));
    return accel_error_status(); /* + */
}

int main(void)
{
    accelerator *acc = accelerator_create();
    accel_set_seed(42);
    accel_loader *train = accel_loader_create(moons(1000, 1), .batch_size = 16, .shuffle = true);
    accel_loader *test = accel_loader_create(moons(250, 2), .batch_size = 16);
    network layers;
    accel_module *model = network_create(&layers, 16);
    accel_optimizer *optimizer = accel_adamw(model, .lr = 0.02);
    int64_t steps = EPOCHS * accel_loader_length(train);
    accel_scheduler *scheduler = accel_scheduler_create("linear", optimizer, .num_training_steps = steps);
    accelerator_prepare(acc, train, test, model, optimizer, scheduler);

    int64_t seen = 0;                                                              /* + */
    bool fell = false;                                                             /* + */
    const accel_checkpointable count = {"batches", &seen, save_count, load_count}; /* + */
    accelerator_register_for_checkpointing(acc, &count);                           /* + */
    for (int epoch = 0; epoch < EPOCHS; epoch = (int)accel_loader_epoch(train)) {  /* + */
        accel_train(model);
        accel_for_each (batch, train) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
            if (++seen % 20 == 0)                                            /* + */
                accelerator_save_state(acc, "checkpointing", .async = true); /* + */
            if (seen == 90 && !fell)                                         /* + */
                break;                                                       /* + */
        }
        if (seen == 90 && !fell) {                                                    /* + */
            fell = true;                                                              /* + */
            accelerator_load_state(acc, "checkpointing");                             /* + */
            accelerator_print(acc, "goes on in epoch %lld after %lld batches\n",      /* + */
                              (long long)accel_loader_epoch(train), (long long)seen); /* + */
            continue;                                                                 /* + */
        } /* + */
        accelerator_print(acc, "epoch %d: accuracy %.3f\n", epoch, accuracy(acc, model, test));
    }
    accelerator_print(acc, "%lld batches in all\n", (long long)seen); /* + */
    return accelerator_finish(acc);
}

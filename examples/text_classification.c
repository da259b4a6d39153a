/*
 * Fine-tunes a pretrained BERT as a sequence classifier on the rows of a tab-separated file.
 *
 *     text_classification --model build/data/minilm --data build/data/reviews.tsv --output_dir build/out
 *
 * With --checkpointing_steps it saves its state in PROJECT_DIR/checkpoints; what was stopped at any moment goes on from there with
 * --resume_from_checkpoint, as if it had not been stopped, and continues its --metrics file.
 *
 * The loop in main reads like the Accelerate tutorial's; what belongs to accel rather than to any training program is
 * marked with "+". A row's score above --label_threshold is label 1, below it label 0, and a row at it is dropped (with
 * more than two labels the score is the label); of the rows left, every --holdout_every-th is held out for evaluation.
 */
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <accel/accel.h>

typedef struct arguments {
    const char *model, *data, *output_dir, *metrics, *mixed_precision, *scheduler, *project_dir, *report_to;
    const char *checkpointing_steps, *resume_from_checkpoint, *max_shard_size;
    long text_column, label_column, num_labels, max_length, batch_size, epochs, seed, num_warmup_steps;
    long max_train_samples, max_steps, holdout_every, num_workers, gradient_accumulation_steps;
    long checkpoint_every, checkpoints_total_limit; /* batches, 0: at the end of each epoch, -1: never */
    double lr, label_threshold, max_grad_norm, clip_value;
    bool cpu, split_batches, dispatch_batches, with_tracking, no_safe_serialization, async_save;
} arguments;

/* ---- the command line ---- */

typedef enum option_kind { TEXT, OPTIONAL, NUMBER, REAL, FLAG } option_kind;

typedef struct option_row {
    const char *name;
    option_kind kind;
    void *value;
    long min; /* of a NUMBER */
    const char *help;
} option_row;

static void print_help(const option_row *rows, size_t count)
{
    printf("usage: text_classification --model FOLDER --data FILE [options]\n");
    for (size_t i = 0; i < count; i++) {
        printf("  --%-27s %s", rows[i].name, rows[i].help);
        if (rows[i].kind == NUMBER)
            printf(" (%ld)", *(long *)rows[i].value);
        if (rows[i].kind == REAL)
            printf(" (%g)", *(double *)rows[i].value);
        printf("\n");
    }
}

static bool set_option(const option_row *row, const char *text)
{
    char *end = NULL;
    if (row->kind == TEXT || row->kind == OPTIONAL)
        *(const char **)row->value = text ? text : "";
    else if (row->kind == FLAG)
        *(bool *)row->value = true;
    else if (row->kind == NUMBER)
        *(long *)row->value = strtol(text, &end, 10);
    else
        *(double *)row->value = strtod(text, &end);
    if (end && (end == text || *end || (row->kind == REAL && !isfinite(*(double *)row->value))))
        fprintf(stderr, "text_classification: --%s must be a number, got \"%s\"\n", row->name, text);
    else if (row->kind == NUMBER && (*(long *)row->value < row->min || *(long *)row->value > INT_MAX))
        fprintf(stderr, "text_classification: --%s must be in [%ld, %d], got %s\n", row->name, row->min,
                INT_MAX, text);
    else
        return true;
    return false;
}

static bool read_checkpointing_steps(arguments *a)
{
    const char *text = a->checkpointing_steps;
    char *end = NULL;
    a->checkpoint_every = text && strcmp(text, "epoch") != 0 ? strtol(text, &end, 10) : text ? 0 : -1;
    if (!end || (end != text && !*end && a->checkpoint_every > 0))
        return true;
    fprintf(stderr,
            "text_classification: --checkpointing_steps must be epoch or a number above 0, got \"%s\"\n", text);
    return false;
}

/* What no row can tell. */
static void check(arguments *a, bool complete)
{
    if (!read_checkpointing_steps(a))
        exit(2);
    if (a->mixed_precision && !accel_mixed_precision_find(a->mixed_precision, &(accel_mixed_precision){0})) {
        fprintf(stderr, "text_classification: --mixed_precision is no, fp16 or bf16, got %s\n",
                a->mixed_precision);
        exit(2);
    }
    if (!a->model || !a->data || !complete) {
        fprintf(stderr, "text_classification: --model and --data are needed, and nothing else; see --help\n");
        exit(2);
    }
}

static void parse(int argc, char **argv, arguments *a)
{
    *a = (arguments){.text_column = 2,
                     .label_column = 1,
                     .num_labels = 2,
                     .max_length = 64,
                     .batch_size = 32,
                     .epochs = 1,
                     .seed = 42,
                     .holdout_every = 10,
                     .num_workers = 1,
                     .gradient_accumulation_steps = 1,
                     .scheduler = "linear",
                     .project_dir = "logs",
                     .report_to = "all",
                     .max_shard_size = "10GB",
                     .lr = 3e-5};
    const option_row rows[] = {
        {"model", TEXT, &a->model, 0, "folder with config.json, model.safetensors and tokenizer.json"},
        {"data", TEXT, &a->data, 0, "tab-separated file"},
        {"text_column", NUMBER, &a->text_column, 0, "column of the text, from 0"},
        {"label_column", NUMBER, &a->label_column, 0, "column of the score, from 0"},
        {"label_threshold", REAL, &a->label_threshold, 0, "scores above are label 1, below label 0"},
        {"num_labels", NUMBER, &a->num_labels, 2, "labels; with more than 2 the score is the label"},
        {"max_length", NUMBER, &a->max_length, 2, "tokens a text is cut to"},
        {"batch_size", NUMBER, &a->batch_size, 1, "samples a step"},
        {"epochs", NUMBER, &a->epochs, 0, "passes over the training rows"},
        {"lr", REAL, &a->lr, 0, "learning rate"},
        {"seed", NUMBER, &a->seed, 0, "of every random number"},
        {"scheduler", TEXT, &a->scheduler, 0, "learning-rate schedule: linear, cosine, constant, ..."},
        {"num_warmup_steps", NUMBER, &a->num_warmup_steps, 0, "steps until the full learning rate"},
        {"gradient_accumulation_steps", NUMBER, &a->gradient_accumulation_steps, 1, "batches a step"},
        {"max_grad_norm", REAL, &a->max_grad_norm, 0, "clip gradients to this norm, 0: do not"},
        {"clip_value", REAL, &a->clip_value, 0, "clip their elements to this value, 0: do not"},
        {"mixed_precision", TEXT, &a->mixed_precision, 0, "no, fp16 or bf16"},
        {"max_train_samples", NUMBER, &a->max_train_samples, 0, "train on the first rows only, 0: all"},
        {"max_steps", NUMBER, &a->max_steps, 0, "stop after so many steps, 0: never"},
        {"holdout_every", NUMBER, &a->holdout_every, 0, "hold out every n-th row, 0: none"},
        {"output_dir", TEXT, &a->output_dir, 0, "folder for the trained model"},
        {"max_shard_size", TEXT, &a->max_shard_size, 0, "of a file of the trained model, such as 1GB"},
        {"no_safe_serialization", FLAG, &a->no_safe_serialization, 0,
         "save pytorch_model.bin, not model.safetensors"},
        {"checkpointing_steps", TEXT, &a->checkpointing_steps, 0,
         "save the state after so many batches, or at the end of every epoch: a number, or epoch"},
        {"checkpoints_total_limit", NUMBER, &a->checkpoints_total_limit, 0, "states that are kept, 0: all"},
        {"async_save", FLAG, &a->async_save, 0, "go on training while a state is written"},
        {"resume_from_checkpoint", OPTIONAL, &a->resume_from_checkpoint, 0,
         "go on from the state in a folder, or, without one, from the newest"},
        {"metrics", TEXT, &a->metrics, 0, "file for one JSON line a step"},
        {"with_tracking", FLAG, &a->with_tracking, 0, "give loss and accuracy of each epoch to trackers"},
        {"report_to", TEXT, &a->report_to, 0,
         "with --with_tracking: tensorboard, jsonl, csv, several with commas, or all"},
        {"project_dir", TEXT, &a->project_dir, 0, "folder for what trackers write, and for states"},
        {"num_workers", NUMBER, &a->num_workers, 0, "threads that prepare batches, 0: none"},
        {"split_batches", FLAG, &a->split_batches, 0, "batch_size is that of all processes together"},
        {"dispatch_batches", FLAG, &a->dispatch_batches, 0, "the first process reads for all"},
        {"cpu", FLAG, &a->cpu, 0, "stay on the CPU"},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct option longs[ROWS + 2] = {{0}};
    for (int i = 0; i < ROWS; i++)
        longs[i] = (struct option){rows[i].name,
                                   rows[i].kind == FLAG       ? no_argument
                                   : rows[i].kind == OPTIONAL ? optional_argument
                                                              : required_argument,
                                   NULL, i + 1};
    longs[ROWS] = (struct option){"help", no_argument, NULL, 'h'};
    for (int found; (found = getopt_long(argc, argv, "h", longs, NULL)) != -1;) {
        if (found == 'h') {
            print_help(rows, ROWS);
            exit(0);
        }
        bool stands_alone = found != '?' && rows[found - 1].kind == OPTIONAL && !optarg && optind < argc;
        if (stands_alone && argv[optind][0] != '-')
            optarg = argv[optind++];
        if (found == '?' || !set_option(&rows[found - 1], optarg))
            exit(2);
    }
    check(a, optind == argc);
}

/* ---- the data ---- */

/* The label of a row and its score; -1 when the row is dropped. */
static int64_t label_of(const arguments *a, int64_t row, double score)
{
    if (a->num_labels == 2)
        return score > a->label_threshold ? 1 : score < a->label_threshold ? 0 : -1;
    if (score >= 0 && score < (double)a->num_labels && score == floor(score))
        return (int64_t)score;
    accel_error_raise(ACCEL_EINVAL, "text_classification",
                      "%s: label %g of row %lld (from 0) must be a whole number in [0, %ld]", a->data, score,
                      (long long)row, a->num_labels - 1);
    return -1;
}

typedef struct split {
    accel_dataset *train, *evaluation; /* evaluation is NULL when no row is held out */
} split;

static split read_data(const arguments *a)
{
    accel_table *table = accel_table_read(a->data);
    accel_tokenizer *tokenizer = accel_tokenizer_load(a->model);
    int64_t count = accel_table_rows(table);
    accel_labelled_row *train = calloc(count > 0 ? (size_t)count : 1, sizeof *train);
    accel_labelled_row *held_out = calloc(count > 0 ? (size_t)count : 1, sizeof *held_out);
    size_t train_count = 0, held_out_count = 0;
    int64_t kept = 0;
    for (int64_t row = 0; row < count && train && held_out; row++) {
        double score = accel_table_number(table, row, a->label_column);
        accel_labelled_row labelled = {row, label_of(a, row, score)};
        if (accel_error_is_set())
            break;
        if (labelled.label < 0)
            continue;
        if (a->holdout_every > 0 && kept++ % a->holdout_every == 0)
            held_out[held_out_count++] = labelled;
        else if (a->max_train_samples == 0 || train_count < (size_t)a->max_train_samples)
            train[train_count++] = labelled;
    }
    if (train_count == 0)
        accel_error_raise(ACCEL_EINVAL, "text_classification", "%s: has no rows to train on", a->data);
    split data = {accel_text_dataset(tokenizer, table, train, train_count, .text_column = a->text_column,
                                     .max_length = a->max_length),
                  NULL};
    if (held_out_count > 0)
        data.evaluation = accel_text_dataset(tokenizer, table, held_out, held_out_count,
                                             .text_column = a->text_column, .max_length = a->max_length);
    free(train);
    free(held_out);
    return data;
}

/* ---- training ---- */

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* How far training is, which goes on from there when it is resumed. */
typedef struct progress {
    int64_t step, batches; /* of the optimizer; of the epoch */
    int64_t seen;          /* batches of all epochs */
    double total_loss;     /* of the epoch */
    FILE *metrics;         /* of the main process; NULL for none */
    int64_t metrics_size;  /* bytes in it when the state was saved */
} progress;

/* + What goes into a state beside the model, the optimizer, the scheduler and the loaders. */
static accel_dict *progress_state(void *user)
{
    const progress *p = user;
    const int64_t size = p->metrics && fflush(p->metrics) == 0 ? ftell(p->metrics) : 0;
    accel_dict *state = accel_dict_create();
    accel_dict_set(state, "step", accel_tensor_copy_from(&p->step, ACCEL_INT64, NULL, 0));
    accel_dict_set(state, "batches", accel_tensor_copy_from(&p->batches, ACCEL_INT64, NULL, 0));
    accel_dict_set(state, "seen", accel_tensor_copy_from(&p->seen, ACCEL_INT64, NULL, 0));
    accel_dict_set(state, "total_loss", accel_tensor_copy_from(&p->total_loss, ACCEL_FLOAT64, NULL, 0));
    accel_dict_set(state, "metrics_size", accel_tensor_copy_from(&size, ACCEL_INT64, NULL, 0));
    return state;
}

static accel_status load_progress(void *user, accel_dict *state)
{
    progress *p = user;
    p->step = accel_item_integer(accel_get(state, "step"));
    p->batches = accel_item_integer(accel_get(state, "batches"));
    p->seen = accel_item_integer(accel_get(state, "seen"));
    p->total_loss = accel_item(accel_get(state, "total_loss"));
    p->metrics_size = accel_item_integer(accel_get(state, "metrics_size"));
    return accel_error_status();
}

static void note_batch(progress *p, accel_tensor *loss)
{
    p->total_loss += accel_item(loss);
    p->batches++;
    p->seen++;
}

static void save_state(accelerator *acc, const arguments *a)
{
    accelerator_save_state(acc, NULL, .async = a->async_save, .safe_serialization = !a->no_safe_serialization);
}

/* The accuracy on held-out samples, NaN without a loader of them. */
static double evaluate(accelerator *acc, accel_module *model, accel_loader *loader, FILE *metrics, int64_t step,
                       long epoch)
{
    if (!loader)
        return NAN;
    int64_t correct = 0, samples = 0;
    accel_eval(model);
    accel_for_each (batch, loader) {
        accel_no_grad() {
            accel_dict *outputs = accel_forward(model, batch);
            accel_tensor *predictions = accel_argmax(accel_get(outputs, "logits"), -1, false);
            predictions = accelerator_gather_for_metrics(acc, predictions);                         /* + */
            accel_tensor *labels = accelerator_gather_for_metrics(acc, accel_get(batch, "labels")); /* + */
            correct += accel_item_integer(accel_sum(accel_eq(predictions, labels)));
            samples += accel_tensor_numel(labels);
        }
    }
    if (accel_error_is_set())
        return NAN;
    double accuracy = (double)correct / (double)samples;
    accelerator_print(acc, "epoch %ld: accuracy %.4f on %lld held-out samples\n", epoch, accuracy,
                      (long long)samples);
    if (metrics)
        fprintf(metrics, "{\"step\": %lld, \"epoch\": %ld, \"accuracy\": %.17g, \"samples\": %lld}\n",
                (long long)step, epoch, accuracy, (long long)samples);
    return accuracy;
}

/* What the trackers are told at first, and after each epoch; where there are none, nothing happens. */
static void start_tracking(accelerator *acc, const arguments *a)
{
    accelerator_init_trackers(acc, "text_classification",
                              ACCEL_LOG_VALUES({"lr", a->lr}, {"num_epochs", (double)a->epochs},
                                               {"seed", (double)a->seed}, {"batch_size", (double)a->batch_size},
                                               {"scheduler", .text = a->scheduler}));
}

static void track_epoch(accelerator *acc, double train_loss, double accuracy, long epoch)
{
    const accel_log_value values[] = {
        {.name = "train_loss", .number = train_loss},
        {.name = "epoch", .number = (double)epoch},
        {.name = "accuracy", .number = accuracy},
    };
    accelerator_log(acc, values, isnan(accuracy) ? 2 : 3, .step = epoch);
}

/* The norm that the gradients had, when they are clipped to one. */
static double clip(accelerator *acc, accel_module *model, const arguments *a)
{
    double norm = NAN;
    if (a->max_grad_norm > 0)
        norm = accelerator_clip_grad_norm(acc, model, a->max_grad_norm, 2);
    if (a->clip_value > 0)
        accelerator_clip_grad_value(acc, model, a->clip_value);
    return norm;
}

static void write_step(FILE *metrics, int64_t step, long epoch, double loss, double loss_mean, double lr,
                       double grad_norm, double seconds)
{
    char norm[32] = "null";
    if (isfinite(grad_norm))
        snprintf(norm, sizeof norm, "%.17g", grad_norm);
    if (metrics)
        fprintf(metrics,
                "{\"step\": %lld, \"epoch\": %ld, \"loss\": %.17g, \"loss_mean\": %.17g, \"lr\": %.17g, "
                "\"grad_norm\": %s, \"seconds\": %.6f}\n",
                (long long)step, epoch, loss, loss_mean, lr, norm, seconds);
}

/* The main process's file; NULL for none. What was written after the state that is gone on from goes. */
static FILE *open_metrics(accelerator *acc, const char *path, int64_t size)
{
    if (!path || accel_error_is_set() || !accelerator_is_main_process(acc))
        return NULL;
    FILE *file = fopen(path, size > 0 ? "r+" : "w");
    if (!file || ftruncate(fileno(file), size) != 0 || fseek(file, 0, SEEK_END) != 0)
        accel_error_raise(ACCEL_EIO, "text_classification", "%s: cannot be written", path);
    return file;
}

static void close_metrics(FILE *file, const char *path)
{
    bool lost = file && ferror(file);
    if (file && (fclose(file) != 0 || lost))
        accel_error_raise(ACCEL_EIO, "text_classification", "%s: cannot be written", path);
}

static long last_step(const arguments *a, int64_t batches, long micro_batches)
{
    long last = a->epochs * ((batches + micro_batches - 1) / micro_batches);
    return a->max_steps > 0 && a->max_steps < last ? a->max_steps : last;
}

/* + What is part of a state beside what is prepared; and where training goes on, if it does. */
static void begin(accelerator *acc, const arguments *a, progress *done)
{
    const char *folder = a->resume_from_checkpoint;
    accelerator_register_for_checkpointing(
        acc, &(accel_checkpointable){"progress", done, progress_state, load_progress});
    if (folder)
        accelerator_load_state(acc, *folder ? folder : NULL);
    done->metrics = open_metrics(acc, a->metrics, done->metrics_size);
    start_tracking(acc, a);
}

/* + After the last batch of an epoch. */
static void end_epoch(accelerator *acc, const arguments *a, progress *done, double accuracy, long epoch)
{
    track_epoch(acc, done->total_loss / (double)done->batches, accuracy, epoch);
    done->total_loss = 0;
    done->batches = 0;
    if (a->checkpoint_every == 0)
        save_state(acc, a);
}

int main(int argc, char **argv)
{
    arguments a;
    parse(argc, argv, &a);

    accel_mixed_precision precision = ACCEL_PRECISION_UNSET;
    accel_mixed_precision_find(a.mixed_precision, &precision);
    accelerator *acc =
        accelerator_create(.cpu = a.cpu, .data_seed = a.seed, .mixed_precision = precision, /* + */
                           .gradient_accumulation_steps = a.gradient_accumulation_steps,
                           .split_batches = a.split_batches, .dispatch_batches = a.dispatch_batches,
                           .log_with = a.with_tracking ? a.report_to : NULL, .project_dir = a.project_dir,
                           .automatic_checkpoint_naming = true, .total_limit = a.checkpoints_total_limit);
    accel_set_seed((uint64_t)a.seed);
    accel_module *model = accel_model_from_pretrained(a.model, .num_labels = a.num_labels);
    split data = read_data(&a);
    accel_loader *train = accel_loader_create(data.train, .batch_size = a.batch_size, .shuffle = true,
                                              .num_workers = (int)a.num_workers);
    accel_loader *evaluation = data.evaluation
                                   ? accel_loader_create(data.evaluation, .batch_size = a.batch_size,
                                                         .num_workers = (int)a.num_workers)
                                   : NULL;
    accel_optimizer *optimizer = accel_adamw(model, .lr = a.lr);
    long micro_batches = accelerator_gradient_accumulation_steps(acc);
    long steps = a.epochs * accel_loader_length(train) / micro_batches;
    long steps_at_once = a.split_batches ? 1 : accelerator_num_processes(acc);
    if (a.max_steps > 0 && a.max_steps * steps_at_once < steps)
        steps = a.max_steps * steps_at_once;
    accel_scheduler *scheduler = accel_scheduler_create(
        a.scheduler, optimizer, .num_warmup_steps = a.num_warmup_steps, .num_training_steps = steps);
    accelerator_prepare(acc, train, model, optimizer, scheduler); /* + */
    if (evaluation)
        accelerator_prepare(acc, evaluation); /* + */

    progress done = {0};
    begin(acc, &a, &done); /* + */
    long last = last_step(&a, accel_loader_length(train), micro_batches);
    accel_progress *bar = accelerator_progress(acc, last, "train"); /* + */

    accel_progress_advance(bar, done.step);

    for (long epoch = accel_loader_epoch(train); epoch < a.epochs && (done.step < last || done.batches > 0);
         epoch++) {
        accel_train(model);
        double begin = seconds_now();
        accel_for_each (batch, train) {
            if (done.step == last)
                break;
            double lr = accel_optimizer_lr(optimizer, 0), norm = NAN;
            accel_tensor *loss = NULL;
            accelerator_accumulate(acc, model) { /* + */
                accel_dict *outputs = accel_forward(model, batch);
                loss = accel_get(outputs, "loss");
                accelerator_backward(acc, loss);     /* + */
                if (accelerator_sync_gradients(acc)) /* + */
                    norm = clip(acc, model, &a);
                accel_optimizer_step(optimizer);
                accel_scheduler_step(scheduler);
                accel_optimizer_zero_grad(optimizer);
            }
            note_batch(&done, loss);
            if (accelerator_sync_gradients(acc)) { /* + */
                double seconds = seconds_now() - begin;
                accel_tensor *mean = accelerator_reduce(acc, loss, .reduction = "mean"); /* + */
                write_step(done.metrics, ++done.step, epoch, accel_item(loss), accel_item(mean), lr, norm,
                           seconds);
                accel_progress_advance(bar, 1);
                begin = seconds_now();
            }
            if (a.checkpoint_every > 0 && done.seen % a.checkpoint_every == 0)
                save_state(acc, &a); /* + */
        }
        double accuracy = evaluate(acc, model, evaluation, done.metrics, done.step, epoch);
        end_epoch(acc, &a, &done, accuracy, epoch); /* + */
    }
    accel_progress_close(bar);
    close_metrics(done.metrics, a.metrics);
    done.metrics = NULL;
    if (a.output_dir)
        accelerator_save_pretrained(acc, model, a.output_dir, .max_shard_size = a.max_shard_size, /* + */
                                    .safe_serialization = !a.no_safe_serialization);
    return accelerator_finish(acc); /* + */
}

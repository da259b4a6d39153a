/* What the C lines of docs/guide take for granted. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <accel/accel.h>

enum { n = 100, count = 7 };
extern accelerator *acc;
extern accel_module *model, *net, *teacher, *a, *b;
extern accel_loader *train;
extern accel_dataset *dataset;
extern accel_dict *batch, *state;
extern accel_tensor *loss, *x, *y, *ids, *weights;
extern accel_optimizer *optimizer;
extern accel_scheduler *scheduler;
extern const char *text;
extern size_t sizes[];
extern int64_t tokens;
extern double norm, accuracy;
extern int skipped;
accel_begin_function begin_reading;
accel_next_function read_next;
accel_transform_function transform;
accel_record_function make_sample;
extern const accel_record *record;
void end_reading(void *user, void *pass);
accel_batches_function my_batches;
extern FILE *my_file;
accel_status my_log(void *user, const accel_log_value *values, size_t count, int64_t step);
accel_dict *save_tokens(void *user);
accel_status load_tokens(void *user, accel_dict *state);
accelerator_state_hook my_hook;
void report(void);
void prepare_data(void);
accel_module *make_model(void);
void train_with(accelerator *acc, accel_module *model, int64_t batch_size);

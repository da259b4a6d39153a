/* What the C lines of docs/guide take for granted. */
#include <stdint.h>
#include <string.h>

#include <accel/accel.h>

enum { n = 100, count = 7 };
extern accelerator *acc;
extern accel_module *model, *net, *teacher, *a, *b;
extern accel_loader *train;
extern accel_dict *batch, *state;
extern accel_tensor *loss, *x, *y, *ids;
extern accel_optimizer *optimizer;
extern accel_scheduler *scheduler;
extern accel_grad_bucket *current;
extern const char *text;
extern size_t sizes[];
extern int64_t tokens;
extern double norm, accuracy;
extern int skipped;
void report(void);
void prepare_data(void);
accel_module *make_model(void);
void train_with(accelerator *acc, accel_module *model, int64_t batch_size);

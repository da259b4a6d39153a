#include "track/event.h"

#include "track/proto.h"

/* Fields, by the message that has them. */
enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_TENSOR = 8, VALUE_METADATA = 9 };
enum { METADATA_PLUGIN = 1, PLUGIN_NAME = 1, PLUGIN_CONTENT = 2 };
enum { TENSOR_DTYPE = 1, TENSOR_SHAPE = 2, TENSOR_STRING = 8, DTYPE_STRING = 7, SHAPE_DIM = 2, DIM_SIZE = 1 };
enum { HPARAMS_EXPERIMENT = 2, HPARAMS_START = 3, HPARAMS_END = 4 };
enum { EXPERIMENT_HPARAM = 4, INFO_NAME = 1, INFO_TYPE = 4, TYPE_STRING = 1, TYPE_FLOAT64 = 3 };
enum { SESSION_HPARAM = 1, ENTRY_KEY = 1, ENTRY_VALUE = 2, ANY_NUMBER = 2, ANY_STRING = 3 };
enum { END_STATUS = 1, STATUS_SUCCESS = 1 };

void event_version(buffer *out, double time)
{
    proto_double(out, EVENT_TIME, time);
    proto_string(out, EVENT_VERSION, "brain.Event:2");
}

/* A summary with the one value, which is taken. */
static void append_summary(buffer *out, double time, int64_t step, buffer *value)
{
    buffer summary = {0};
    proto_message(&summary, SUMMARY_VALUE, value);
    proto_double(out, EVENT_TIME, time);
    if (step > 0)
        proto_integer(out, EVENT_STEP, (uint64_t)step);
    proto_message(out, EVENT_SUMMARY, &summary);
}

/* Whose value it is. `content` is the plugin's own message, which is taken; NULL for an empty one. */
static void append_plugin(buffer *value, const char *name, buffer *content)
{
    buffer plugin = {0}, metadata = {0};
    proto_string(&plugin, PLUGIN_NAME, name);
    if (content)
        proto_message(&plugin, PLUGIN_CONTENT, content);
    proto_message(&metadata, METADATA_PLUGIN, &plugin);
    proto_message(value, VALUE_METADATA, &metadata);
}

static void append_text_tensor(buffer *value, const char *text)
{
    buffer dim = {0}, shape = {0}, tensor = {0};
    proto_integer(&dim, DIM_SIZE, 1);
    proto_message(&shape, SHAPE_DIM, &dim);
    proto_integer(&tensor, TENSOR_DTYPE, DTYPE_STRING);
    proto_message(&tensor, TENSOR_SHAPE, &shape);
    proto_string(&tensor, TENSOR_STRING, text);
    proto_message(value, VALUE_TENSOR, &tensor);
}

void event_value(buffer *out, double time, int64_t step, const accel_log_value *v)
{
    buffer value = {0}, tag = {0};
    buffer_printf(&tag, "%s%s", v->name, v->text ? "/text_summary" : "");
    proto_message(&value, VALUE_TAG, &tag);
    if (v->text) {
        append_text_tensor(&value, v->text);
        append_plugin(&value, "text", NULL);
    } else {
        proto_float(&value, VALUE_SIMPLE, (float)v->number);
    }
    append_summary(out, time, step, &value);
}

/* A value of the hyper-parameters' table. `message` is the one at `field` of its plugin's data, and taken. */
static void append_hparams(buffer *out, double time, const char *tag, unsigned field, buffer *message)
{
    buffer data = {0}, value = {0};
    proto_message(&data, field, message);
    proto_string(&value, VALUE_TAG, tag);
    append_plugin(&value, "hparams", &data);
    append_summary(out, time, -1, &value);
}

void event_hparams_experiment(buffer *out, double time, const accel_log_value *values, size_t count)
{
    buffer experiment = {0};
    for (size_t i = 0; i < count; i++) {
        buffer info = {0};
        proto_string(&info, INFO_NAME, values[i].name);
        proto_integer(&info, INFO_TYPE, values[i].text ? TYPE_STRING : TYPE_FLOAT64);
        proto_message(&experiment, EXPERIMENT_HPARAM, &info);
    }
    append_hparams(out, time, "_hparams_/experiment", HPARAMS_EXPERIMENT, &experiment);
}

void event_hparams_session(buffer *out, double time, const accel_log_value *values, size_t count)
{
    buffer session = {0};
    for (size_t i = 0; i < count; i++) {
        buffer any = {0}, entry = {0};
        if (values[i].text)
            proto_string(&any, ANY_STRING, values[i].text);
        else
            proto_double(&any, ANY_NUMBER, values[i].number);
        proto_string(&entry, ENTRY_KEY, values[i].name);
        proto_message(&entry, ENTRY_VALUE, &any);
        proto_message(&session, SESSION_HPARAM, &entry);
    }
    append_hparams(out, time, "_hparams_/session_start_info", HPARAMS_START, &session);
}

void event_hparams_end(buffer *out, double time)
{
    buffer end = {0};
    proto_integer(&end, END_STATUS, STATUS_SUCCESS);
    append_hparams(out, time, "_hparams_/session_end_info", HPARAMS_END, &end);
}

/* The files of a tokenizer, which go with a model from folder to folder. */
#ifndef ACCEL_MODELS_TOKENIZER_FILES_H
#define ACCEL_MODELS_TOKENIZER_FILES_H

#include <accel/error.h>

/* Copies those that are there, from one folder into another; `from` NULL, or a folder that has none, copies nothing. */
accel_status tokenizer_files_copy(const char *from, const char *to);

#endif

/* UTF-8: what is well formed, what Python puts for the rest, and one character at a time. */
#ifndef ACCEL_TEXT_UTF8_H
#define ACCEL_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Whether every byte belongs to a well-formed sequence. */
bool utf8_is_valid(const char *text, size_t size);

/* Appends the text with U+FFFD for each maximal ill-formed part, as bytes.decode("utf-8", errors="replace"). */
accel_status utf8_repair(const char *text, size_t size, buffer *out);

/* The character at a position, which moves behind it. The text is well formed and has a character there. */
uint32_t utf8_next(const char *text, size_t *position);

/* The character that ends at a position, which moves to its start. There is one. */
uint32_t utf8_previous(const char *text, size_t *position);

/* Writes a character's 1 to 4 bytes and returns how many. */
size_t utf8_put(char *out, uint32_t character);

#endif

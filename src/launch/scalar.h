/* Values of YAML that have no quotes, as PyYAML resolves and spells them; and numbers as somebody types them. */
#ifndef ACCEL_LAUNCH_SCALAR_H
#define ACCEL_LAUNCH_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

#include "launch/configuration.h"

/* What a text without quotes is. */
configuration_kind scalar_resolve(const char *text);

/* The text of a value as Python's str() has it: "True" for yes, "16" for 0x10, "None" for ~. New, memory_free; NULL on failure. */
char *scalar_spell(configuration_kind kind, const char *text);

/* A number as Python's repr has it: the fewest digits that say the same, and a point. `size` bytes, 32 at least. */
void scalar_spell_number(double value, char *text, size_t size);

/* A number that is all of the text, within these limits; whole ones have no point. False for anything else. */
bool scalar_read_number(const char *text, double least, double most, double *value);
bool scalar_read_whole(const char *text, double least, double most, double *value);

/* Whether this text is the same text to PyYAML when it has no quotes. */
bool scalar_is_plain(const char *text);

#endif

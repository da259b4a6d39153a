#include "track/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/quote.h"
#include "track/number.h"

/* Whether YAML takes the text for itself and nothing else. */
static bool is_plain(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char *const meant[] = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"};
    for (size_t i = 0; i < sizeof meant / sizeof meant[0]; i++)
        if (strcasecmp(text, meant[i]) == 0)
            return false;
    size_t first = strspn(text, letters);
    return first > 0 &&
           text[first + strspn(text + first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
                                             "0123456789./-")] == '\0';
}

/* JSON's strings are YAML's, but for the few characters that YAML wants escaped. */
static void append_escaped(buffer *out, const char *text)
{
    for (; *text; text++) {
        const unsigned char *c = (const unsigned char *)text;
        if (*c == 0x7f) {
            buffer_append_string(out, "\\x7f");
        } else if (*c == 0xc2 && c[1] < 0xa0) {
            buffer_printf(out, "\\x%02x", c[1]);
            text++;
        } else if (*c == 0xef && c[1] == 0xbf && c[2] >= 0xbe) {
            buffer_printf(out, "\\uff%s", c[2] == 0xbe ? "fe" : "ff");
            text += 2;
        } else {
            buffer_append(out, text, 1);
        }
    }
}

static void append_text(buffer *out, const char *text)
{
    buffer quoted = {0};
    if (is_plain(text))
        buffer_append_string(out, text);
    else if (quote_append(&quoted, text) == ACCEL_OK)
        append_escaped(out, quoted.data);
    buffer_dispose(&quoted);
}

/* A number with an exponent is none without a point. */
static void append_number(buffer *out, double number)
{
    char text[NUMBER_MAX];
    number_print(text, number);
    size_t whole = strcspn(text, "e");
    if (strstr(text, "inf"))
        buffer_append_string(out, *text == '-' ? "-.inf" : ".inf");
    else if (strcmp(text, "nan") == 0)
        buffer_append_string(out, ".nan");
    else if (text[whole] && !strchr(text, '.'))
        buffer_printf(out, "%.*s.0%s", (int)whole, text, text + whole);
    else
        buffer_append_string(out, text);
}

static int compare_names(const void *left, const void *right)
{
    const accel_log_value *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

accel_status yaml_print(buffer *out, const accel_log_value *values, size_t count)
{
    const accel_log_value **sorted = memory_alloc(count, sizeof *sorted);
    if (!sorted)
        return accel_error_status();
    for (size_t i = 0; i < count; i++)
        sorted[i] = &values[i];
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 0; i < count; i++) {
        append_text(out, sorted[i]->name);
        buffer_append_string(out, ": ");
        if (sorted[i]->text)
            append_text(out, sorted[i]->text);
        else
            append_number(out, sorted[i]->number);
        buffer_append_string(out, "\n");
    }
    memory_free(sorted);
    return accel_error_status();
}

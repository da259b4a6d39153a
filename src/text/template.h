/* Templates: what stands around one text or two, [CLS] A [SEP] B [SEP]. */
#ifndef ACCEL_TEXT_TEMPLATE_H
#define ACCEL_TEXT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/field.h"
#include "text/id_list.h"

typedef enum template_kind { TEMPLATE_FIRST, TEMPLATE_SECOND, TEMPLATE_TOKENS } template_kind;

typedef struct template_piece {
    template_kind kind;
    uint32_t type_id;
    id_list tokens; /* of a piece of that kind */
} template_piece;

/* Start with {0}. */
typedef struct template
{
    template_piece *pieces;
    size_t count;
    size_t added; /* special tokens in it */
}
template;

typedef struct templates {
    template single, pair;
} templates;

/* Reads the "post_processor" of a tokenizer.json: TemplateProcessing, BertProcessing, or null for none. */
accel_status templates_read(templates *t, const json_t *processor, const place *at);

/* [CLS] A [SEP] and [CLS] A [SEP] B [SEP]. */
accel_status templates_make_bert(templates *t, uint32_t cls, uint32_t sep);

void templates_dispose(templates *t);

#endif

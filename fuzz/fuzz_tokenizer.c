/* What a tokenizer reads: its files, and texts. The first byte of an input says what the rest is:
 * '{' a tokenizer.json (that byte too), 'V' a vocab.txt, 'C' a tokenizer_config.json; any other a text. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "text/config.h"
#include "text/definition.h"
#include "text/tokenizer.h"
#include "text/word_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Added tokens with every flag, and a template that turns the texts round. ' stands for ". */
static char small[] =
    "{'added_tokens': ["
    "{'id': 2, 'content': '[SEP]', 'special': true, 'normalized': false, 'single_word': false, 'lstrip': "
    "false, "
    "'rstrip': false}, "
    "{'id': 9, 'content': '<l>', 'special': false, 'normalized': false, 'single_word': false, 'lstrip': true, "
    "'rstrip': false}, "
    "{'id': 10, 'content': '<r>', 'special': false, 'normalized': false, 'single_word': false, 'lstrip': "
    "false, "
    "'rstrip': true}, "
    "{'id': 11, 'content': 'New', 'special': false, 'normalized': true, 'single_word': true, 'lstrip': true, "
    "'rstrip': true}], "
    "'normalizer': {'type': 'BertNormalizer', 'clean_text': true, 'handle_chinese_chars': true, "
    "'strip_accents': null, 'lowercase': true}, 'pre_tokenizer': {'type': 'BertPreTokenizer'}, "
    "'post_processor': {'type': 'TemplateProcessing', "
    "'single': [{'SpecialToken': {'id': 'c', 'type_id': 0}}, {'Sequence': {'id': 'A', 'type_id': 0}}], "
    "'pair': [{'Sequence': {'id': 'B', 'type_id': 1}}, {'SpecialToken': {'id': 'c', 'type_id': 2}}, "
    "{'Sequence': {'id': 'A', 'type_id': 0}}], "
    "'special_tokens': {'c': {'id': 'c', 'ids': [1, 2], 'tokens': ['[CLS]', '[SEP]']}}}, "
    "'decoder': {'type': 'WordPiece', 'prefix': '##', 'cleanup': true}, "
    "'model': {'type': 'WordPiece', 'unk_token': '[UNK]', 'continuing_subword_prefix': '##', "
    "'max_input_chars_per_word': 10, 'vocab': {'[UNK]': 0, '[CLS]': 1, '[SEP]': 2, 'a': 3, '##a': 4, "
    "'##bc': 5, '\\u4e2d': 6, '!': 7, '##\\u302e': 8}}}";

/* Encodes a text with a pair, and checks what must hold for any. */
static void use(accel_tokenizer *t, const char *text, size_t size, const char *pair, size_t pair_size,
                int64_t most)
{
    accel_encoding e;
    accel_text decoded;
    accel_status status =
        accel_tokenizer_encode(t, text, size, &e, .pair = pair, .pair_size = pair_size, .max_length = most);
    assert(status == ACCEL_OK || (status == ACCEL_EINVAL && most > 0));
    accel_error_clear();
    for (size_t i = 0; i < e.length; i++)
        assert(e.input_ids[i] >= 0 && e.attention_mask[i] == 1);
    assert(accel_tokenizer_decode(t, e.input_ids, e.length, size % 2, &decoded) == ACCEL_OK);
    assert(strlen(decoded.data) <= decoded.size);
    accel_text_dispose(&decoded);
    accel_encoding_dispose(&e);
}

typedef accel_status read_function(tokenizer *t, const char *path, const char *bytes, size_t size,
                                   const config *c);

static void read_file(read_function *read, const char *bytes, size_t size)
{
    static const char text[] = "Hello, w\xC3\xB6rld [SEP] \xE4\xB8\xAD\xFF a\0b!";
    tokenizer *t = tokenizer_create();
    if (read(t, "fuzz", bytes, size, &(config){0}) != ACCEL_OK) {
        assert(accel_error_last()->message[0]);
        accel_error_clear();
        tokenizer_free(t);
        return;
    }
    accel_tokenizer *handle = tokenizer_wrap(t);
    use(handle, text, sizeof text - 1, NULL, 0, 0);
    use(handle, text, sizeof text - 1, text, 12, 8);
    accel_free(handle);
}

static void read_config(const char *bytes, size_t size)
{
    config c = {0};
    config_read(&c, "fuzz", bytes, size);
    config_dispose(&c);
    accel_error_clear();
}

static void read_text(const char *bytes, size_t size)
{
    static accel_tokenizer *t;
    if (!t) {
        for (char *c = small; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        tokenizer *parts = tokenizer_create();
        accel_status status = definition_read(parts, "small", small, sizeof small - 1, &(config){0});
        assert(status == ACCEL_OK);
        t = tokenizer_wrap(parts);
    }
    use(t, bytes, size, NULL, 0, 0);
    use(t, bytes, size / 2, bytes + size / 2, size - size / 2, 2 + (int64_t)(size % 9));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    if (size > 0 && bytes[0] == '{')
        read_file(definition_read, bytes, size);
    else if (size > 0 && bytes[0] == 'V')
        read_file(word_list_read, bytes + 1, size - 1);
    else if (size > 0 && bytes[0] == 'C')
        read_config(bytes + 1, size - 1);
    else
        read_text(bytes, size);
    return 0;
}

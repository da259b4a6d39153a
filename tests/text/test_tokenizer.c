/* Small tokenizers, with expectations worked out by hand. test_reference.c compares with the reference. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/tokenizer.h>

#include "base/file.h"
#include "base/memory.h"
#include "text/utf8.h"

/* ---- small tokenizers ---- */

#define NORMALIZER                                                                                             \
    "'normalizer': {'type': 'BertNormalizer', 'clean_text': true, 'handle_chinese_chars': true, "              \
    "'strip_accents': null, 'lowercase': true}"
#define PRE_TOKENIZER "'pre_tokenizer': {'type': 'BertPreTokenizer'}"
#define PROCESSOR                                                                                              \
    "'post_processor': {'type': 'TemplateProcessing', "                                                        \
    "'single': [{'SpecialToken': {'id': '[CLS]', 'type_id': 0}}, "                                             \
    "{'Sequence': {'id': 'A', 'type_id': 0}}, {'SpecialToken': {'id': '[SEP]', 'type_id': 0}}], "              \
    "'pair': [{'SpecialToken': {'id': '[CLS]', 'type_id': 0}}, "                                               \
    "{'Sequence': {'id': 'A', 'type_id': 0}}, {'SpecialToken': {'id': '[SEP]', 'type_id': 0}}, "               \
    "{'Sequence': {'id': 'B', 'type_id': 1}}, {'SpecialToken': {'id': '[SEP]', 'type_id': 1}}], "              \
    "'special_tokens': {'[CLS]': {'id': '[CLS]', 'ids': [2], 'tokens': ['[CLS]']}, "                           \
    "'[SEP]': {'id': '[SEP]', 'ids': [3], 'tokens': ['[SEP]']}}}"
#define DECODER "'decoder': {'type': 'WordPiece', 'prefix': '##', 'cleanup': true}"
#define VOCAB                                                                                                  \
    "'vocab': {'[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, 'un': 4, '##aff': 5, "                          \
    "'##able': 6, 'hello': 7, 'world': 8, ',': 9, '\\u4e2d': 10, 'cafe': 11, '!': 12, 'a': 13, '##b': 14}"
#define MODEL                                                                                                  \
    "'model': {'type': 'WordPiece', 'unk_token': '[UNK]', 'continuing_subword_prefix': '##', "                 \
    "'max_input_chars_per_word': 20, " VOCAB "}"
#define FLAGS(special, single_word, lstrip, rstrip)                                                            \
    "'special': " special ", 'normalized': false, 'single_word': " single_word ", 'lstrip': " lstrip           \
    ", 'rstrip': " rstrip
#define SPECIAL FLAGS("true", "false", "false", "false")
#define ADDED                                                                                                  \
    "'added_tokens': [{'id': 3, 'content': '[SEP]', " SPECIAL "}, {'id': 15, 'content': '<new>', "             \
    "'special': false, 'normalized': true, 'single_word': false, 'lstrip': true, 'rstrip': false}]"
#define REST ADDED ", " NORMALIZER ", " PRE_TOKENIZER ", " PROCESSOR ", " DECODER
#define SMALL "{'version': '1.0', " REST ", " MODEL "}"

#define WITH_MODEL(model) "{" REST ", 'model': " model "}"
#define WITH_VOCAB(vocab)                                                                                      \
    WITH_MODEL("{'unk_token': '[UNK]', 'continuing_subword_prefix': '##', 'max_input_chars_per_word': 9, "     \
               "'vocab': " vocab "}")
#define WITH_ADDED(added) "{'added_tokens': [" added "], " NORMALIZER ", " PRE_TOKENIZER ", " MODEL "}"
#define WITH(part) "{" part ", " PRE_TOKENIZER ", " MODEL "}"

/* Each test's files are in a folder of its own. */
static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/accel-tokenizer-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    accel_error_clear();
    static const char *const names[] = {"tokenizer.json", "vocab.txt", "tokenizer_config.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder) == 0 && accel_live_handles() == 0 ? 0 : -1;
}

/* In the JSON of this file, ' stands for ". */
static const char *write_bytes(const char *name, const char *bytes, size_t size)
{
    char *copy = memory_copy_bytes(bytes, size);
    for (size_t i = 0; i < size; i++)
        if (copy[i] == '\'')
            copy[i] = '"';
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(file_write_atomic(path, copy, size), ACCEL_OK);
    memory_free(copy);
    return path;
}

static const char *write_text(const char *name, const char *text)
{
    return write_bytes(name, text, strlen(text));
}

static accel_tokenizer *load_small(void)
{
    accel_tokenizer *tokenizer = accel_tokenizer_load(write_text("tokenizer.json", SMALL));
    if (!tokenizer)
        fail_msg("%s", accel_error_text());
    return tokenizer;
}

static void assert_ids(const accel_encoding *e, const int64_t *ids, size_t count)
{
    assert_int_equal(e->length, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(e->input_ids[i], ids[i]);
        assert_int_equal(e->attention_mask[i], 1);
    }
}

#define IDS(...) (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)

/* Encodes a string and compares the ids. */
static void assert_encodes(accel_tokenizer *tokenizer, const char *text, size_t size, const int64_t *ids,
                           size_t count)
{
    accel_encoding e;
    assert_int_equal(accel_tokenizer_encode(tokenizer, text, size, &e), ACCEL_OK);
    assert_ids(&e, ids, count);
    accel_encoding_dispose(&e);
}
#define ASSERT_ENCODES(tokenizer, text, ...) assert_encodes(tokenizer, text, sizeof(text) - 1, IDS(__VA_ARGS__))

static void words_and_pieces(void **state)
{
    (void)state;
    accel_tokenizer *t = load_small();
    ASSERT_ENCODES(t, "", 2, 3);
    ASSERT_ENCODES(t, " \t\n", 2, 3);
    ASSERT_ENCODES(t, "Hello, WORLD!", 2, 7, 9, 8, 12, 3);
    ASSERT_ENCODES(t, "unaffable un", 2, 4, 5, 6, 4, 3);
    ASSERT_ENCODES(t, "unaffx", 2, 1, 3); /* one unknown piece, an unknown word */
    ASSERT_ENCODES(t, "caf\xC3\xA9 CAFE\xCC\x81", 2, 11, 11, 3);
    ASSERT_ENCODES(t,
                   "a\xE4\xB8\xAD"
                   "ab",
                   2, 13, 10, 13, 14, 3);
    ASSERT_ENCODES(t,
                   "a\0b a\x01"
                   "b",
                   2, 13, 14, 13, 14, 3);
    ASSERT_ENCODES(t,
                   "a\xFF"
                   "b\xC3 a\xE2\x80\xAF"
                   "a",
                   2, 13, 14, 13, 13, 3);
    ASSERT_ENCODES(t, "abbbbbbbbbbbbbbbbbbb", 2, 13, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14,
                   14, 14, 14, 14, 3);
    ASSERT_ENCODES(t, "abbbbbbbbbbbbbbbbbbbb", 2, 1, 3); /* 21 characters */
    accel_free(t);
}

static void added_tokens(void **state)
{
    (void)state;
    accel_tokenizer *t = load_small();
    ASSERT_ENCODES(t, "a[SEP]b [SEP] [sep]", 2, 13, 3, 1, 3, 1, 1, 1, 3);
    ASSERT_ENCODES(t, "a  <NEW>a", 2, 13, 15, 13, 3); /* normalised before it is looked for */
    ASSERT_ENCODES(t, "<new", 2, 1, 1, 3);
    accel_free(t);
}

static void added_flags(void **state)
{
    (void)state;
    accel_tokenizer *t = accel_tokenizer_load(write_text(
        "tokenizer.json", WITH_ADDED("{'id': 15, 'content': '<w>', " FLAGS(
                              "true", "true", "false",
                              "false") "}, "
                                       "{'id': 16, 'content': '<b>', " FLAGS(
                                           "false", "false", "true",
                                           "true") "}, "
                                                   "{'id': 17, 'content': '<b>a', " FLAGS(
                                                       "false", "false", "false",
                                                       "false") "}, "
                                                                "{'id': 18, 'content': ' ', " FLAGS(
                                                                    "false", "false", "true", "true") "}")));
    ASSERT_ENCODES(t, "<w>!<w>", 15, 12, 15);
    ASSERT_ENCODES(t, "a<w>", 13, 1, 1, 1);        /* touches a word */
    ASSERT_ENCODES(t, "<w>\xC3\xA9", 1, 1, 1, 1);  /* whatever its letter */
    ASSERT_ENCODES(t, "a<b>b<b>a", 13, 16, 1, 17); /* the longest */
    ASSERT_ENCODES(t, "a\t<b>\t a", 13, 16, 13);   /* the space is gone before it is looked for */
    ASSERT_ENCODES(t, "a  a", 13, 18, 13);         /* and so is the second */
    accel_free(t);
}

static void pairs_and_lengths(void **state)
{
    (void)state;
    accel_tokenizer *t = load_small();
    accel_encoding e;
    assert_int_equal(accel_tokenizer_encode(t, "a", 1, &e, .pair = "hello world", .pair_size = 11), ACCEL_OK);
    assert_ids(&e, IDS(2, 13, 3, 7, 8, 3));
    static const int64_t types[] = {0, 0, 0, 1, 1, 1};
    assert_memory_equal(e.token_type_ids, types, sizeof types);
    accel_encoding_dispose(&e);

    const char *seven = "a a a a a a a";
    accel_tokenizer_encode(t, seven, 13, &e, .max_length = 4);
    assert_ids(&e, IDS(2, 13, 13, 3));
    accel_encoding_dispose(&e);
    accel_tokenizer_encode(t, seven, 13, &e, .max_length = 2);
    assert_ids(&e, IDS(2, 3));
    accel_encoding_dispose(&e);
    accel_tokenizer_encode(t, seven, 13, &e, .max_length = 2, .add_special_tokens = false);
    assert_ids(&e, IDS(13, 13));
    accel_encoding_dispose(&e);
    accel_tokenizer_encode(t, seven, 13, &e, .max_length = 8, .pair = "un un", .pair_size = 5);
    assert_ids(&e, IDS(2, 13, 13, 13, 3, 4, 4, 3)); /* the longer is cut */
    accel_encoding_dispose(&e);
    accel_tokenizer_encode(t, seven, 13, &e, .max_length = 6, .pair = "un un", .pair_size = 5);
    assert_ids(&e, IDS(2, 13, 13, 3, 4, 3)); /* both are, and it keeps the odd one */
    accel_encoding_dispose(&e);
    accel_free(t);
}

static void bad_calls(void **state)
{
    (void)state;
    accel_tokenizer *t = load_small();
    accel_encoding e = {.length = 7};
    assert_int_equal(accel_tokenizer_encode(t, "a", 1, &e, .max_length = 1), ACCEL_EINVAL);
    assert_string_equal(accel_error_last()->message,
                        "max_length must be at least 2, the number of special tokens, got 1");
    assert_int_equal(e.length, 0);
    e.length = 7; /* a set record makes it do nothing but that */
    assert_int_equal(accel_tokenizer_encode(t, "a", 1, &e), ACCEL_EINVAL);
    assert_int_equal(e.length, 0);
    accel_error_clear();
    assert_int_equal(accel_tokenizer_encode(t, "a", 1, &e, .max_length = -3), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(accel_tokenizer_encode(t, NULL, 1, &e), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(accel_tokenizer_encode(t, NULL, 0, &e), ACCEL_OK);
    accel_encoding_dispose(&e);
    assert_int_equal(accel_tokenizer_encode(t, "a", 1, &e, .pair_size = 1), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(accel_tokenizer_encode(t, "a", 1, NULL), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(accel_tokenizer_encode(NULL, "a", 1, &e), ACCEL_EINVAL);
    assert_string_equal(accel_error_last()->message, "tokenizer is NULL");
    accel_error_clear();
    assert_null(accel_tokenizer_load(NULL));
    accel_error_clear();
    accel_free(t);
    assert_int_equal(accel_tokenizer_pad_id(t), -1);
    assert_int_equal(accel_error_status(), ACCEL_ESTALE);
}

static void options_default_is_macro(void **state)
{
    (void)state;
    accel_tokenizer_encode_options written = {ACCEL_TOKENIZER_ENCODE_DEFAULTS()};
    accel_tokenizer_encode_options given = accel_tokenizer_encode_options_default();
    assert_true(written.struct_size == sizeof written && given.struct_size == sizeof given);
    assert_true(written.pair == given.pair && written.pair_size == given.pair_size);
    assert_true(written.max_length == given.max_length &&
                written.add_special_tokens == given.add_special_tokens);
}

static void tokens_and_ids(void **state)
{
    (void)state;
    accel_tokenizer *t = load_small();
    assert_int_equal(accel_tokenizer_vocabulary_size(t), 16);
    assert_int_equal(accel_tokenizer_token_to_id(t, "##aff"), 5);
    assert_int_equal(accel_tokenizer_token_to_id(t, "<new>"), 15);
    assert_int_equal(accel_tokenizer_token_to_id(t, "missing"), -1);
    assert_int_equal(accel_tokenizer_token_to_id(t, ""), -1);
    assert_string_equal(accel_tokenizer_id_to_token(t, 6), "##able");
    assert_string_equal(accel_tokenizer_id_to_token(t, 15), "<new>");
    assert_null(accel_tokenizer_id_to_token(t, 16));
    assert_null(accel_tokenizer_id_to_token(t, -1));
    assert_int_equal(accel_tokenizer_pad_id(t), 0);
    assert_int_equal(accel_error_status(), ACCEL_OK);
    accel_free(t);
}

static void decoding(void **state)
{
    (void)state;
    accel_tokenizer *t = load_small();
    static const int64_t ids[] = {2, 4, 5, 6, 9, 7, 99, 12, 3};
    accel_text text;
    assert_int_equal(accel_tokenizer_decode(t, ids, 9, false, &text), ACCEL_OK);
    assert_string_equal(text.data, "[CLS] unaffable, hello! [SEP]");
    assert_int_equal(text.size, strlen(text.data));
    accel_text_dispose(&text);
    assert_int_equal(accel_tokenizer_decode(t, ids + 1, 8, true, &text), ACCEL_OK);
    assert_string_equal(text.data, "unaffable, hello!");
    accel_text_dispose(&text);
    assert_int_equal(accel_tokenizer_decode(t, NULL, 0, true, &text), ACCEL_OK);
    assert_string_equal(text.data, "");
    accel_text_dispose(&text);
    assert_int_equal(accel_tokenizer_decode(t, IDS(7, -100), true, &text), ACCEL_EINVAL);
    assert_string_equal(accel_error_last()->message, "ids[1] must be 0 or positive, got -100");
    assert_null(text.data);
    accel_free(t);
}

/* ---- folders ---- */

static void folder_config_wins(void **state)
{
    (void)state;
    write_text("tokenizer.json", SMALL);
    accel_tokenizer *t = accel_tokenizer_load(folder);
    ASSERT_ENCODES(t, "Hello [PAD]", 2, 7, 1, 1, 1, 3);
    accel_free(t);
    write_text("tokenizer_config.json", "{'do_lower_case': false, 'tokenizer_class': 'BertTokenizer', "
                                        "'pad_token': {'content': '[PAD]'}, 'mask_token': '[MASK]'}");
    t = accel_tokenizer_load(folder);
    ASSERT_ENCODES(t, "Hello hello [PAD]", 2, 1, 7, 0, 3); /* [PAD] is special now */
    ASSERT_ENCODES(t, "caf\xC3\xA9", 2, 1, 3);             /* accents go with case */
    accel_free(t);
    write_text("tokenizer_config.json", "{'do_lower_case': false, 'strip_accents': true}");
    t = accel_tokenizer_load(folder);
    ASSERT_ENCODES(t, "caf\xC3\xA9", 2, 11, 3);
    accel_free(t);
    write_text("tokenizer_config.json",
               "{'do_lower_case': false, 'tokenizer_class': 'PreTrainedTokenizerFast'}");
    t = accel_tokenizer_load(folder);
    ASSERT_ENCODES(t, "Hello", 2, 7, 3);
    accel_free(t);
    write_text("tokenizer_config.json", "{'do_lower_case': 1}");
    assert_null(accel_tokenizer_load(folder));
    assert_non_null(strstr(accel_error_text(), "tokenizer_config.json: do_lower_case must be true or false"));
}

static void vocabulary_alone(void **state)
{
    (void)state;
    assert_null(accel_tokenizer_load(folder));
    assert_int_equal(accel_error_status(), ACCEL_ENOTFOUND);
    accel_error_clear();
    write_text("vocab.txt", "[PAD]\n[UNK]\n[CLS]\r\n[SEP]\nhello\n##x\n");
    accel_tokenizer *t = accel_tokenizer_load(folder);
    ASSERT_ENCODES(t, "Hellox [SEP] y", 2, 4, 5, 3, 1, 3);
    assert_int_equal(accel_tokenizer_vocabulary_size(t), 6);
    accel_free(t);
    write_text("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[CLS] \n");
    assert_null(accel_tokenizer_load(folder));
    assert_non_null(strstr(accel_error_text(), "vocab.txt: line 5: token \"[CLS]\" was there before"));
    accel_error_clear();
    write_text("vocab.txt", "[UNK]\n[CLS]\nhello\n");
    assert_null(accel_tokenizer_load(folder));
    assert_non_null(strstr(accel_error_text(), "vocab.txt: lacks the special token \"[SEP]\""));
    accel_error_clear();
    write_bytes("vocab.txt", "[UNK]\n\xFF\n", 8);
    assert_null(accel_tokenizer_load(folder));
    assert_int_equal(accel_error_status(), ACCEL_EFORMAT);
}

/* ---- files that are refused ---- */

static const struct {
    const char *json;
    accel_status status;
    const char *message; /* what it contains, behind "path: " */
} refused[] = {
    {"", ACCEL_EFORMAT, "line 1, column 0"},
    {"{'model': {", ACCEL_EFORMAT, "line 1, column 11"},
    {"[]", ACCEL_EFORMAT, "must hold an object"},
    {"{}", ACCEL_EFORMAT, "model must be an object, got nothing"},
    {"{'version': '2.0'}", ACCEL_EUNSUPPORTED, "version \"2.0\" is not supported; 1.0 is"},
    {WITH_MODEL("{'type': 'BPE'}"), ACCEL_EUNSUPPORTED, "model type \"BPE\" is not supported; WordPiece is"},
    {WITH_MODEL("{'type': 'WordPiece'}"), ACCEL_EFORMAT, "model.unk_token must be a string, got nothing"},
    {WITH_VOCAB("[]"), ACCEL_EFORMAT, "model.vocab must be an object, got an array"},
    {WITH_VOCAB("{'a': 0}"), ACCEL_EFORMAT, "the unknown token \"[UNK]\" is not in the vocabulary"},
    {WITH_VOCAB("{'[UNK]': -1}"), ACCEL_EFORMAT,
     "model.vocab.[UNK] is -1, out of the range of 0 to 4294967295"},
    {WITH_VOCAB("{'[UNK]': 4294967296}"), ACCEL_EFORMAT, "model.vocab.[UNK] is 4294967296, out of the range"},
    {WITH_VOCAB("{'[UNK]': 1.0}"), ACCEL_EFORMAT, "model.vocab.[UNK] must be a whole number, got a number"},
    {WITH_VOCAB("{'[UNK]': '1'}"), ACCEL_EFORMAT, "model.vocab.[UNK] must be a whole number, got a string"},
    {WITH_VOCAB("{'[UNK]': 1, 'a': 0, 'b': 1}"), ACCEL_EFORMAT, "tokens \"[UNK]\" and \"b\" share the id 1"},
    {WITH_VOCAB("{'[UNK]': 1, '[UNK]': 1}"), ACCEL_EFORMAT, "line 1, column 1222: duplicate object key"},
    {WITH("'normalizer': {'type': 'NFC'}"), ACCEL_EUNSUPPORTED,
     "normalizer type \"NFC\" is not supported; BertNormalizer is"},
    {WITH("'normalizer': {'type': 'BertNormalizer', 'clean_text': 1}"), ACCEL_EFORMAT,
     "normalizer.clean_text must be true or false, got a number"},
    {"{" NORMALIZER ", " MODEL "}", ACCEL_EUNSUPPORTED,
     "pre_tokenizer type \"nothing\" is not supported; BertPreTokenizer is"},
    {WITH("'post_processor': {'type': 'ByteLevel'}"), ACCEL_EUNSUPPORTED,
     "post_processor type \"ByteLevel\" is not supported"},
    {WITH("'post_processor': {'type': 'BertProcessing', 'sep': ['[SEP]', 3], 'cls': [2]}"), ACCEL_EFORMAT,
     "post_processor.cls must be a token and its id"},
    {WITH("'post_processor': {'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': "
          "'x', "
          "'type_id': 0}}], 'pair': [], 'special_tokens': {}}"),
     ACCEL_EFORMAT, "post_processor.special_tokens.x must be an object, got nothing"},
    {WITH("'post_processor': {'type': 'TemplateProcessing', 'single': [{'Sequence': {'id': 'B', "
          "'type_id': 0}}], 'pair': [], 'special_tokens': {}}"),
     ACCEL_EFORMAT, "post_processor.single[0].id is \"B\", but there is one text only"},
    {WITH("'post_processor': {'type': 'TemplateProcessing', 'single': [7], 'pair': [], "
          "'special_tokens': {}}"),
     ACCEL_EFORMAT, "post_processor.single[0] is neither a Sequence nor a SpecialToken"},
    {WITH("'decoder': {'type': 'BPEDecoder'}"), ACCEL_EUNSUPPORTED, "decoder type \"BPEDecoder\""},
    {WITH("'added_tokens': {}"), ACCEL_EFORMAT, "added_tokens must be an array, got an object"},
    {WITH_ADDED("7"), ACCEL_EFORMAT, "added_tokens[0].content must be a string, got nothing"},
    {WITH_ADDED("{'id': 3, 'content': '[SEP]'}"), ACCEL_EFORMAT,
     "added_tokens[0].special must be true or false"},
    {WITH_ADDED("{'id': 4, 'content': '[SEP]', " SPECIAL "}"), ACCEL_EFORMAT,
     "added_tokens[0]: token \"[SEP]\" has the id 4, expected 3"},
    {WITH_ADDED("{'id': 16, 'content': 'z', " SPECIAL "}"), ACCEL_EFORMAT,
     "added_tokens[0]: token \"z\" has the id 16, expected 15"},
    {WITH_ADDED("{'id': 3, 'content': '[SEP]', " SPECIAL "}, {'id': 3, 'content': '[SEP]', " SPECIAL "}"),
     ACCEL_EFORMAT, "added_tokens[1]: token \"[SEP]\" was added before"},
};

static void refused_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "%s: %s", write_text("tokenizer.json", refused[i].json),
                 refused[i].message);
        assert_null(accel_tokenizer_load(path));
        if (accel_error_status() != refused[i].status || !strstr(accel_error_text(), expected))
            fail_msg("expected \"%s\", got %s: \"%s\"", expected, accel_status_name(accel_error_status()),
                     accel_error_text());
        accel_error_clear();
    }
}

/* Every beginning of a good file is a bad file. */
static void truncated_files(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof SMALL - 1; size += 7) {
        assert_null(accel_tokenizer_load(write_bytes("tokenizer.json", SMALL, size)));
        assert_int_equal(accel_error_status(), ACCEL_EFORMAT);
        accel_error_clear();
    }
}

/* Runs everything once with the n-th allocation failing; whether none was left to fail. */
static bool survives_failure_at(size_t nth)
{
    memory_fail_at(nth);
    accel_tokenizer *t = accel_tokenizer_load(folder);
    accel_encoding e;
    accel_text text;
    accel_tokenizer_encode(t, "hello \xFF [SEP] w\xC3\xB6rld", 20, &e, .pair = "un", .pair_size = 2);
    accel_tokenizer_decode(t, e.input_ids, e.length, false, &text);
    memory_fail_at(0);
    accel_status status = accel_error_status();
    if (status != ACCEL_OK && status != ACCEL_ENOMEM)
        fail_msg("%s", accel_error_text());
    accel_encoding_dispose(&e);
    accel_text_dispose(&text);
    accel_free(t);
    accel_error_clear();
    return status == ACCEL_OK;
}

static void failing_allocations(void **state)
{
    (void)state;
    write_text("tokenizer.json", SMALL);
    write_text("tokenizer_config.json", "{'pad_token': '[PAD]'}");
    size_t nth = 1;
    while (!survives_failure_at(nth))
        nth++;
    assert_true(nth > 20);
    unlink(path);
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    unlink(path);
    write_text("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nhello\n");
    for (nth = 1; !survives_failure_at(nth);)
        nth++;
    assert_true(nth > 20);
}

/* ---- threads ---- */

static void *encode_many(void *tokenizer)
{
    static const char text[] = "Hello, w\xC3\xB6rld! a <NEW>";
    for (int i = 0; i < 500; i++) {
        accel_encoding e;
        accel_tokenizer_encode((accel_tokenizer *)tokenizer, text, sizeof text - 1, &e);
        bool right = e.length == 8 && e.input_ids[1] == 7 && e.input_ids[3] == 8 && e.input_ids[6] == 15;
        accel_encoding_dispose(&e);
        if (!right)
            return tokenizer;
    }
    return NULL;
}

static void many_threads(void **state)
{
    (void)state;
    accel_tokenizer *t = load_small();
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, encode_many, t), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    accel_free(t);
}

/* ---- ill-formed UTF-8 ---- */

static void repairs(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t parts; /* U+FFFD, which is all that comes out */
    } cases[] = {
        {"\x80", 1},
        {"\xC0\x80", 2},
        {"\xC3", 1},
        {"\xE2\x82", 1},
        {"\xE0\x80\x80", 3},
        {"\xE0\x9F\xBF", 3},
        {"\xED\xA0\x80", 3},
        {"\xED\xBF\xBF", 3},
        {"\xF0\x9F\x98", 1},
        {"\xF0\x8F\xBF\xBF", 4},
        {"\xF0\x80", 2},
        {"\xF4\x90\x80\x80", 4},
        {"\xF5\x80", 2},
        {"\xFE\xFF", 2},
        {"\xE2\x82\xE2\x82", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buffer out = {0};
        assert_false(utf8_is_valid(cases[i].bytes, strlen(cases[i].bytes)));
        assert_int_equal(utf8_repair(cases[i].bytes, strlen(cases[i].bytes), &out), ACCEL_OK);
        assert_int_equal(out.size, 3 * cases[i].parts);
        for (size_t at = 0; at < out.size; at += 3)
            assert_memory_equal(out.data + at, "\xEF\xBF\xBD", 3);
        buffer_dispose(&out);
    }
    assert_true(utf8_is_valid("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\xC2\x80", 12));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_and_pieces, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(added_tokens, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(added_flags, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(pairs_and_lengths, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(bad_calls, make_folder, remove_folder),
        cmocka_unit_test(options_default_is_macro),
        cmocka_unit_test_setup_teardown(tokens_and_ids, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(decoding, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(folder_config_wins, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(vocabulary_alone, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(refused_files, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(truncated_files, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(failing_allocations, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(many_threads, make_folder, remove_folder),
        cmocka_unit_test(repairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

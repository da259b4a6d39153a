/**
 * Tokenizers: text in, token ids out, as the `tokenizers` library gives them.
 *
 * A tokenizer is read from a `tokenizer.json`, or from the folder of a checkpoint that holds one. Supported are
 * the WordPiece tokenizers of the BERT family: BertNormalizer, BertPreTokenizer, a WordPiece vocabulary,
 * special and added tokens, and a template ([CLS] A [SEP] B [SEP]) around them. Any other kind is refused with
 * a message that names it.
 *
 *     accel_tokenizer *tokenizer = accel_tokenizer_load("minilm");
 *     accel_encoding encoding;
 *     accel_tokenizer_encode(tokenizer, text, strlen(text), &encoding, .max_length = 128);
 *     ...                                                      // encoding.input_ids[0 .. encoding.length)
 *     accel_encoding_dispose(&encoding);
 *
 * Texts are UTF-8 with a length, so a NUL byte is a character like any other. Ill-formed bytes count as U+FFFD,
 * as many as Python's `bytes.decode("utf-8", errors="replace")` puts for them.
 *
 * Threads: a tokenizer does not change once it is loaded; any number of threads may use one at the same time.
 */
#ifndef ACCEL_TOKENIZER_H
#define ACCEL_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/scope.h>

ACCEL_BEGIN_DECLS

/**
 * Reads a tokenizer: new.
 *
 * A path to a file is a tokenizer.json, and everything is as it says. Its padding and truncation are ignored:
 * the length is the caller's, and a collate function pads.
 *
 * A path to a folder is a checkpoint's: its tokenizer.json, or, where there is none, its vocab.txt; over
 * either, the do_lower_case, strip_accents and tokenize_chinese_chars of its tokenizer_config.json, unless that
 * names the class PreTrainedTokenizerFast, which takes tokenizer.json as it is. The unk, sep, pad, cls and mask
 * tokens it names are special even where tokenizer.json forgets them.
 *
 * ACCEL_ENOTFOUND when nothing is there, ACCEL_EFORMAT for a broken file, ACCEL_EUNSUPPORTED for another kind
 * of tokenizer.
 *
 * Source: tokenizers.Tokenizer.from_file for a file, transformers.AutoTokenizer.from_pretrained for a folder.
 * Differences: where tokenizer_config.json is silent, tokenizer.json holds, and so do its template, its
 * max_input_chars_per_word and its prefix of continuing pieces (AutoTokenizer puts the defaults of the class).
 * An id that two tokens share or that an added token could not have been given, and two added tokens that are
 * the same once normalised, are errors (the library picks one).
 */
ACCEL_API accel_tokenizer *accel_tokenizer_load(const char *path);

/** A text as the model takes it. L is the number of tokens, special ones included. */
typedef struct accel_encoding {
    size_t length;           /**< L */
    int64_t *input_ids;      /**< (L) */
    int64_t *token_type_ids; /**< (L): 0 for the first text, 1 for its pair, as the template says */
    int64_t *attention_mask; /**< (L): 1 throughout; padding is the collate function's */
} accel_encoding;

/** Frees what the encoding holds, one allocation, and leaves it empty. An empty one is fine. */
ACCEL_API void accel_encoding_dispose(accel_encoding *encoding);

typedef struct accel_tokenizer_encode_options {
    size_t struct_size;
    const char *pair;        /**< a second text, NULL for none; borrowed for the call */
    size_t pair_size;        /**< its length in bytes */
    int64_t max_length;      /**< at most so many tokens, special ones included; 0 for no limit */
    bool add_special_tokens; /**< whether the template's [CLS] and [SEP] are put */
} accel_tokenizer_encode_options;

#define ACCEL_TOKENIZER_ENCODE_DEFAULTS()                                                                      \
    .struct_size = sizeof(accel_tokenizer_encode_options), .pair = NULL, .pair_size = 0, .max_length = 0,      \
    .add_special_tokens = true

ACCEL_API accel_tokenizer_encode_options accel_tokenizer_encode_options_default(void);

/**
 * Encodes `size` bytes of text, and a pair if there is one, into `encoding`.
 *
 * The encoding is the caller's struct: whatever it held is overwritten, on failure with an empty one, and what
 * it holds afterwards ends with accel_encoding_dispose. With `max_length` the longer text is cut at its end
 * first (LongestFirst). ACCEL_EINVAL when the special tokens alone are more than `max_length`.
 *
 * Source: PreTrainedTokenizerFast.__call__ with truncation=True where there is a max_length. Difference: an
 * empty pair is a pair (there, it is in a batch only).
 */
ACCEL_API accel_status accel_tokenizer_encode_with(accel_tokenizer *tokenizer, const char *text, size_t size,
                                                   accel_encoding *encoding,
                                                   const accel_tokenizer_encode_options *options);
#ifdef __cplusplus
ACCEL_OVERLOADS_4(accel_status, accel_tokenizer_encode, accel_tokenizer *, const char *, size_t,
                  accel_encoding *, accel_tokenizer_encode_options)
#else
#define accel_tokenizer_encode(...)                                                                            \
    ACCEL_CALL_4(accel_tokenizer_encode_with, accel_tokenizer_encode_options, ACCEL_TOKENIZER_ENCODE_DEFAULTS, \
                 __VA_ARGS__)
#endif

/** A run of text followed by a zero byte that `size` does not count. */
typedef struct accel_text {
    char *data;
    size_t size;
} accel_text;

/** Frees what the text holds and leaves it empty. An empty one is fine. */
ACCEL_API void accel_text_dispose(accel_text *text);

/**
 * Puts `count` ids back together into `text`, the caller's struct, as accel_tokenizer_encode does with an
 * encoding: empty on failure, ended with accel_text_dispose. Ids that the vocabulary lacks are left out; a
 * negative one is an error.
 *
 * Source: tokenizers.Tokenizer.decode. Difference: a special token is recognised by its id, so that one that is
 * normalised is skipped too.
 */
ACCEL_API accel_status accel_tokenizer_decode(accel_tokenizer *tokenizer, const int64_t *ids, size_t count,
                                              bool skip_special_tokens, accel_text *text);

/** How many tokens there are, added ones included; -1 on failure. Source: len(tokenizer). */
ACCEL_API int64_t accel_tokenizer_vocabulary_size(accel_tokenizer *tokenizer);

/** The id of a token, -1 for one that is not in the vocabulary. */
ACCEL_API int64_t accel_tokenizer_token_to_id(accel_tokenizer *tokenizer, const char *token);

/** The token of an id as it is written in the file, NULL for none. Borrowed until the tokenizer ends. */
ACCEL_API const char *accel_tokenizer_id_to_token(accel_tokenizer *tokenizer, int64_t id);

/** The id that pads: the pad_token of a folder's tokenizer_config.json, else of tokenizer.json's padding, else
    [PAD]; -1 when the vocabulary lacks it. */
ACCEL_API int64_t accel_tokenizer_pad_id(accel_tokenizer *tokenizer);

ACCEL_END_DECLS

#endif

#!/usr/bin/env python3
"""Asks the reference tokenizers what test_tokenizer.c must get.

oracle_tokenizer.py --model DIR --data FILE [--data FILE ...] --out OUT

--data: a file of reviews (id, score, text; tab separated), of which each text is encoded. Writes

OUT/<name>/       a tokenizer, as a folder for accel_tokenizer_load, and cases.bin, for each
                  u8 flags (1 pair, 2 special tokens), u32 max_length, text, pair, u32 n, u32 ids[n], u32 type_ids[n],
                  decoded, decoded without special tokens; each text is u32 size and its bytes
OUT/unicode.bin   a CRC-32 for each of the normalizers below, each kind of text, each block of 256 characters
"""

import argparse
import json
import os
import random
import shutil
import struct
import zlib

from nasty import ALPHABET, NASTY, TOKENS_INSIDE
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from transformers import AutoTokenizer

FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "config.json"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
# clean_text, handle_chinese_chars, strip_accents, lowercase: as in the test
NORMALIZERS = [(True, True, None, True), (False, False, True, False), (False, False, False, True), (True, False, None, False)]


class Cases:
    """The file of one tokenizer. `encode` and `decode` are the reference's."""

    def __init__(self, folder, encode, decode):
        self.encode, self.decode = encode, decode
        self.file = open(os.path.join(folder, "cases.bin"), "wb")

    def add(self, text, pair=None, max_length=0, special=True):
        decoded = [b.decode(errors="replace") if b is not None else None for b in (text, pair)]
        ids, types = self.encode(*decoded, max_length, special)
        out = struct.pack("<BI", (pair is not None) | special << 1, max_length)
        out += b"".join(struct.pack("<I", len(b)) + b for b in (text, pair or b""))
        out += struct.pack(f"<I{len(ids)}I{len(types)}I", len(ids), *ids, *types)
        for skip in (False, True):
            plain = self.decode(ids, skip).encode()
            out += struct.pack("<I", len(plain)) + plain
        self.file.write(out)

    def add_many(self, texts, seed, count):
        """Each text as it is, then `count` draws of pairs and lengths."""
        draw = random.Random(seed)
        for text in texts:
            self.add(text)
        for _ in range(count):
            text, pair = draw.choice(texts), draw.choice([None, draw.choice(texts)])
            special = draw.random() < 0.8
            self.add(text, pair, draw.choice([0, draw.randint(3, 40)]), special)


def auto_tokenizer(folder):
    """What AutoTokenizer gives for a folder."""
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def encode(text, pair, max_length, special):
        cut = {"truncation": True, "max_length": max_length} if max_length else {}
        # As a batch: a text alone loses a pair that is empty.
        out = tokenizer([text], None if pair is None else [pair], add_special_tokens=special, **cut)
        return out["input_ids"][0], out["token_type_ids"][0]

    def decode(ids, skip):
        return tokenizer.backend_tokenizer.decode(ids, skip_special_tokens=skip)

    return Cases(folder, encode, decode)


def plain_tokenizer(folder):
    """What the tokenizers library gives for a tokenizer.json, but for its padding and truncation."""
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_padding()

    def encode(text, pair, max_length, special):
        if max_length:
            tokenizer.enable_truncation(max_length)
        else:
            tokenizer.no_truncation()
        out = tokenizer.encode(text, pair, add_special_tokens=special)
        return out.ids, out.type_ids

    return Cases(folder, encode, lambda ids, skip: tokenizer.decode(ids, skip_special_tokens=skip))


def random_texts(seed, count):
    draw = random.Random(seed)
    texts = []
    for _ in range(count):
        parts = [draw.choice(ALPHABET) for _ in range(draw.randint(0, 12))]
        texts.append(b"".join(part if isinstance(part, bytes) else part.encode() for part in parts))
    return texts


def copy_model(model, folder, names):
    os.makedirs(folder)
    for name in names:
        if os.path.exists(os.path.join(model, name)):
            shutil.copy(os.path.join(model, name), folder)
    return folder


def set_in_json(folder, name, **values):
    path = os.path.join(folder, name)
    with open(path, encoding="utf-8") as file:
        root = json.load(file)
    root.update(values)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(root, file)


def small_vocabulary(prefix):
    """Words and single letters, so that what becomes of each character shows in the ids."""
    letters = sorted({c for text in NASTY for c in text.decode(errors="ignore")} | set("abcdefghijklmnopqrstuvwxyz"))
    words = ["un", "aff", prefix + "aff", prefix + "able", "day", prefix + "day", "hello", "world", "the"]
    tokens = SPECIAL + words + letters + [prefix + c for c in letters]
    return {token: i for i, token in enumerate(dict.fromkeys(t for t in tokens if "\0" not in t))}


def added_token(vocabulary, extra, content, **flags):
    """`extra` counts the tokens that the vocabulary lacks."""
    if content not in vocabulary:
        extra.append(content)
    at = vocabulary.get(content, len(vocabulary) + len(extra) - 1)
    default = {"special": False, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": at, "content": content, **default, **flags}


def special_pieces(name, at, type_id):
    return {"SpecialToken": {"id": name, "type_id": type_id}}, {name: {"id": name, "ids": at, "tokens": [name] * len(at)}}


def write_small(folder, normalizer, processor, tokens=(), prefix="##", longest=100, decoder=True):
    os.makedirs(folder)
    vocabulary, extra = small_vocabulary(prefix), []
    added = [added_token(vocabulary, extra, name, special=True) for name in SPECIAL]
    added += [added_token(vocabulary, extra, content, **flags) for content, flags in tokens]
    clean, chinese, strip, lower = normalizer or (False,) * 4
    root = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": normalizer
        and {
            "type": "BertNormalizer",
            "clean_text": clean,
            "handle_chinese_chars": chinese,
            "strip_accents": strip,
            "lowercase": lower,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": processor,
        "decoder": {"type": "WordPiece", "prefix": prefix, "cleanup": True} if decoder else None,
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": prefix,
            "max_input_chars_per_word": longest,
            "vocab": vocabulary,
        },
    }
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as file:
        json.dump(root, file, ensure_ascii=False)


def write_variants(out):
    """Each switch of the format in a small tokenizer of its own."""
    bert = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}
    cls, cls_known = special_pieces("[CLS]", [2], 0)
    two, two_known = special_pieces("two", [3, 4], 5)
    first, second = ({"Sequence": {"id": name, "type_id": at}} for at, name in enumerate("AB"))
    odd = {"type": "TemplateProcessing", "single": [cls, first, two, first], "pair": [second, two, first, cls]}
    odd["special_tokens"] = {**cls_known, **two_known}
    usual = (True, True, None, True)
    write_small(f"{out}/small", usual, bert, TOKENS_INSIDE)
    write_small(f"{out}/cased", (True, True, None, False), odd, TOKENS_INSIDE)
    write_small(f"{out}/accents", (True, False, False, True), None, TOKENS_INSIDE)
    write_small(f"{out}/unclean", (False, True, True, True), bert, TOKENS_INSIDE)
    write_small(f"{out}/stripped", (False, False, True, False), bert, TOKENS_INSIDE)
    write_small(f"{out}/bare", None, None, TOKENS_INSIDE, decoder=False)
    write_small(f"{out}/prefix", usual, odd, (), "@", longest=4)
    write_small(f"{out}/no_prefix", usual, bert, (), "", longest=1)
    for number, name in enumerate(["small", "cased", "accents", "unclean", "stripped", "bare", "prefix", "no_prefix"]):
        cases = plain_tokenizer(f"{out}/{name}")
        cases.add_many(NASTY + random_texts(number, 1500), number, 3000)


def write_added(folder, seed):
    """Tokens that begin, end and overlap at random, and texts of the same characters. (With some seeds, where a token
    has lost all its text to the one before, the reference ends the process.)"""
    draw = random.Random(seed)
    normalize = normalizers.BertNormalizer().normalize_str

    def some(most):
        return "".join(draw.choice("ab A<>é\u0301中._\u00a01") for _ in range(draw.randint(1, most)))

    tokens = {}
    for _ in range(12):
        content, normalized = some(4), draw.random() < 0.4
        flags = {name: draw.random() < 0.3 for name in ("single_word", "lstrip", "rstrip")}
        tokens[normalize(content) if normalized else content] = (content, {"normalized": normalized, **flags})
    tokens.pop("", None)
    write_small(folder, (True, True, None, True), None, {content: flags for content, flags in tokens.values()}.items())
    cases = plain_tokenizer(folder)
    for _ in range(1000):
        cases.add(some(20).encode())


def unicode_texts(block):
    """The block's characters on their own, in a row, and among marks."""
    c = [chr(i) for i in range(block * 256, block * 256 + 256) if not 0xD800 <= i <= 0xDFFF]
    yield "".join(f"x{a}y {a} " for a in c)
    yield "".join(c)
    yield "".join(f"{a}\u0316{a}\u302e{a}\u0301{a}\U0001d165{a}" for a in c)


def write_unicode(path):
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    with open(path, "wb") as file:
        for switches in NORMALIZERS:
            normalize = normalizers.BertNormalizer(*switches).normalize_str
            for block in range(0x110000 // 256):
                for text in unicode_texts(block):
                    normal = normalize(text)
                    words = "".join(word + "\0" for word, _ in split(normal))
                    file.write(struct.pack("<I", zlib.crc32((normal + "\0" + words).encode())))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", action="append", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    os.makedirs(args.out)

    minilm = auto_tokenizer(copy_model(args.model, f"{args.out}/minilm", FILES))
    for path in args.data:
        with open(path, "rb") as file:
            texts = [line.rstrip(b"\r\n").split(b"\t", 2)[-1] for line in file]
        minilm.add_many(texts, 1, 2000)
    minilm.add_many(NASTY + random_texts(2, 3000), 2, 3000)

    folder = copy_model(args.model, f"{args.out}/minilm_cased", FILES)
    set_in_json(folder, "tokenizer_config.json", do_lower_case=False, tokenize_chinese_chars=False, strip_accents=True)
    auto_tokenizer(folder).add_many(NASTY + random_texts(3, 300), 3, 300)
    folder = copy_model(args.model, f"{args.out}/minilm_words", ["vocab.txt", "tokenizer_config.json", "config.json"])
    auto_tokenizer(folder).add_many(NASTY + random_texts(4, 300), 4, 300)

    write_variants(args.out)
    for seed in range(4):
        write_added(f"{args.out}/added_{seed}", seed)
    write_unicode(f"{args.out}/unicode.bin")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The safetensors library's own files and verdicts, for test_reader and test_writer to be compared with.

Writes into --out:
  python/*.safetensors    files as Python writes them: reading and writing one again gives the same bytes
  foreign/*.safetensors   valid files laid out in other ways; .expected beside each is what Python makes of it
  cases.bin               many small files, most of them malformed, with Python's verdicts: see write_cases

With --check it reads what test_writer left in ours/ under --out, and compares it with what it was made from.
The exit code is the verdict.
"""

import argparse
import json
import os
import random
import struct
import sys

import torch
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.torch import load_file, save_file

PT = {"format": "pt"}
DIMENSION_MAX = 2**63 - 1


# Files as Python writes them


def every_dtype():
    generator = torch.Generator().manual_seed(1)
    plain = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.uint16, torch.int32, torch.uint32, torch.int64]
    plain += [torch.uint64, torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64]
    packed = [torch.float8_e4m3fn, torch.float8_e4m3fnuz, torch.float8_e5m2, torch.float8_e5m2fnuz]
    packed += [torch.float8_e8m0fnu, torch.float4_e2m1fn_x2]
    tensors = {}
    for dtype in plain:
        values = torch.randint(0, 2, (3, 5), generator=generator)
        tensors[f"b.{dtype}"] = values.to(dtype)
        tensors[f"a.{dtype}"] = values[0].clone().to(dtype)
    for dtype in packed:
        values = torch.randint(0, 256, (3, 5), generator=generator, dtype=torch.uint8)
        tensors[f"c.{dtype}"] = values.view(dtype)
    return tensors


def every_shape():
    shapes = [(), (1,), (0,), (0, 3), (3, 0, 2), (7,), (1, 1, 1, 1, 1, 1, 1, 1, 1), (2, 3, 4)]
    return {f"shape{i}": torch.ones(shape) for i, shape in enumerate(shapes)}


def every_character():
    names = ["", " ", '"', "\\", "/", "a/b", "\x7f", "\u0080", "é", "é", "日本語", "😀", "\ufeff", "\u2028", "\uffff"]
    names += [chr(c) for c in range(1, 32)] + ["".join(chr(c) for c in range(1, 300)), "x" * 5000, "'", "<>&", "%s%n", '\\"-0']
    return {name: torch.tensor([i], dtype=torch.int16) for i, name in enumerate(names)}


def python_files():
    metadata = {"k\"\\\b\f\n\r\t\x01\x1f\x7fé": "v\u2028😀/"}
    many = {f"layer.{i % 97}.weight.{i}": torch.full((i % 5,), float(i)) for i in range(2000)}
    yield "dtypes", every_dtype(), PT
    yield "shapes", every_shape(), PT
    yield "characters", every_character(), metadata
    yield "many", many, None
    yield "no_tensors", {}, PT
    yield "nothing", {}, None
    yield "empty_metadata", {"a": torch.zeros(2)}, {}
    for length in range(8):
        yield f"padding{length}", {"n" * length: torch.zeros(1, dtype=torch.uint8)}, None


def write_python_files(out, model):
    for name, tensors, metadata in python_files():
        save_file(tensors, os.path.join(out, "python", name + ".safetensors"), metadata=metadata)
    save_file(load_file(model), os.path.join(out, "python", "model.safetensors"), metadata=PT)


# Files laid out in other ways


def pack(header, data, length=None):
    if isinstance(header, str):
        header = header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def foreign_files():
    # Unaligned, in no order of dtype or name, keys of an entry in another order, blanks, escapes that are not needed.
    header = """{ "z" : {"shape":[3],"data_offsets":[0,3],"dtype":"U8"}, "__metadata__":{"format":"\\u0070t"},
      "a\\u00e9\\ud83d\\ude00\\/": {"dtype":"F32","data_offsets":[3,11],"shape":[1,2]},
      "empty": {"dtype":"F64","shape":[4,0],"data_offsets":[3,3]},
      "last": {"dtype":"I64","shape":[],"data_offsets":[11,19]} } \n\t\r """
    yield "unaligned", pack(header, bytes(range(19)))
    backwards = {f"t{i}": {"dtype": "I16", "shape": [2], "data_offsets": [36 - 4 * i, 40 - 4 * i]} for i in range(10)}
    yield "backwards", pack(json.dumps({**backwards, "__metadata__": PT}), bytes(range(40)))


def write_foreign_files(out, model):
    folder = os.path.join(out, "foreign")
    for name, content in foreign_files():
        with open(os.path.join(folder, name + ".safetensors"), "wb") as file:
            file.write(content)
    link = os.path.join(folder, "model.safetensors")
    if os.path.lexists(link):
        os.remove(link)
    os.symlink(os.path.abspath(model), link)
    for file in sorted(os.listdir(folder)):
        if file.endswith(".safetensors"):
            path = os.path.join(folder, file)
            with safe_open(path, "pt") as opened:
                metadata = opened.metadata()
            save_file(load_file(path), path.replace(".safetensors", ".expected"), metadata=metadata)


# Verdicts


def entry(dtype='"F32"', shape="[2]", offsets="[0,8]"):
    return '{"dtype":%s,"shape":%s,"data_offsets":%s}' % (dtype, shape, offsets)


VALUES = ["0", "1", "2", "8", "-1", "-0", "-8", "0.0", "2.0", "8e0", "2E0", "1e400", "02", "+2", "0x2", "2 2", "null", "true"]
VALUES += ['"2"', '"F32"', "[]", "[2]", "{}", '""', "", "NaN", "Infinity", "9223372036854775807", "9223372036854775808"]
VALUES += ["18446744073709551615", "18446744073709551616", "-9223372036854775808", "1" * 400, "[2,null]", "[0,8,8]"]
VALUES += ["[8,0]", "[-8,0]", "[0.0,8]", "[0,8.0]", "[-0,8]", "[1,9]", "[4,8]", "[[0,8]]", '{"F32":null}', "[1,2]", "[2,1]"]
VALUES += ["[2,0]", "[4294967296,4294967296,0]", "[4294967296,4294967296]", "[0,18446744073709551615]", "[-0]", "[-2,-1]"]
VALUES += ["[2305843009213693952]", "[2305843009213693952,0]", "[0,9223372036854775808]", "[0,9223372036854775807]"]

DTYPES = ["BOOL", "F4", "F6_E2M3", "F6_E3M2", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"]
DTYPES += ["I16", "U16", "F16", "BF16", "I32", "U32", "F32", "C64", "F64", "I64", "U64", "C128", "F8", "f32", "F128", "I4"]
DTYPES += ["", "F32 ", "float32", "U4", "E8M0", "F8_E4M3FN"]

NAMES = [b"a", b"", b"\\u0061", b"\\ud83d\\ude00", b"\\ud83d", b"\\ude00", b"\\ud83dx", b"\\ude00\\ud83d", b"\\u0000", b"\\x41"]
NAMES += [b"\\u00", b"\\u12g4", b"\\/", b"\\a", b"\\", b"\n", b"\t", b"\x00", b"\x1f", b"\x7f", b"\xc3\xa9", b"\xc3", b"\xa9"]
NAMES += [b"\xc0\x80", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80"]
NAMES += [b"\xef\xbb\xbf", b"\xff", b"\xfe", b"\xef\xbf\xbf", b"\xf0\x9f\x98\x80", b"\xf0\x9f\x98", b"\xed\x9f\xbf", b"__metadata__"]
NAMES += [b"\\ufffe", b"\\uFFFF", b"\\uDBFF\\uDFFF", b"\\ud800\\udc00", b"\\ud800\\u0041", b"\\n", b"\\u001F", b"dtype"]

BLANKS = [b" ", b"\n", b"\t\r", b"\x00", b"\x0b", b"\x0c", b"\xc2\xa0", b"\xef\xbb\xbf", b",", b"}", b"{}", b"//", b"x", b" " * 4096]


def entries_cases():
    for value in VALUES:
        yield pack('{"a":%s}' % value, bytes(8))
        for data in (bytes(0), bytes(8)):
            yield pack('{"a":%s}' % entry(dtype=value), data)
            yield pack('{"a":%s}' % entry(shape=value), data)
            yield pack('{"a":%s}' % entry(shape=value, offsets="[0,0]"), data)
            yield pack('{"a":%s}' % entry(offsets=value), data)
            yield pack('{"a":%s}' % entry(shape=value, offsets=f"[0,{value}]"), data)
            yield pack('{"a":%s}' % entry(shape=f"[{value}]", offsets=f"[{value},8]"), data)
            yield pack('{"a":%s}' % entry(shape=f"[2,{value}]", offsets=f"[0,{value}]"), data)
        yield pack('{"__metadata__":%s}' % value, b"")
        yield pack('{"__metadata__":{"k":%s}}' % value, b"")
        yield pack('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"extra":%s}}' % value, bytes(8))
    for dtype in DTYPES:
        for count in range(9):
            for size in range(0, 73):
                yield pack('{"a":%s}' % entry(f'"{dtype}"', f"[{count}]", f"[0,{size}]"), bytes(size))
    for missing in ('"dtype":"F32",', '"shape":[2],', ',"data_offsets":[0,8]', '"dtype":"F32","shape":[2],'):
        yield pack('{"a":%s}' % entry().replace(missing, ""), bytes(8))
    for twice in ('"dtype":"F32",', '"shape":[2],'):
        yield pack('{"a":%s}' % entry().replace(twice, twice * 2), bytes(8))
    yield pack('{"a":["F32",[2],[0,8]]}', bytes(8))
    yield pack('{"a":%s,"a":%s}' % (entry(), entry()), bytes(8))
    yield pack('{"a":%s,"\\u0061":%s}' % (entry(), entry()), bytes(8))
    yield pack('{"a":%s,"a":%s}' % (entry(), entry(offsets="[8,16]")), bytes(16))
    yield pack('{"__metadata__":{},"__metadata__":{}}', b"")
    yield pack('{"__metadata__":{"k":"v","k":"v"}}', b"")


def layout_cases():
    ranges = [(0, 0), (0, 4), (0, 8), (4, 4), (4, 8), (4, 12), (8, 8), (8, 12), (8, 16), (12, 16), (16, 16)]
    for first in ranges:
        for second in ranges:
            spans = [first, second]
            parts = [entry('"U8"', f"[{end - begin}]", f"[{begin},{end}]") for begin, end in spans]
            for size in (0, 4, 8, 12, 16, 17):
                yield pack('{"a":%s,"b":%s}' % tuple(parts), bytes(size))
    whole = pack('{"a":%s,"__metadata__":{"k":"v"}}' % entry(), bytes(range(8)))
    for end in range(len(whole)):
        yield whole[:end]
    for more in (1, 7, 8, 4096):
        yield whole + bytes(more)
    for length in (0, 1, 2, 7, 8, 9, 99999999, 100000000, 100000001, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 9, 2**64 - 8, 2**64 - 1):
        yield pack('{"a":%s}' % entry(), bytes(8), length)
        yield pack("{}", b"", length)
    for deep in (1, 2, 100, 125, 126, 127, 128, 129, 2000, 3000):
        yield pack("[" * deep + "]" * deep, b"")
        yield pack('{"a":' * deep + "1" + "}" * deep, b"")
        yield pack('{"a":{"dtype":"F32","shape":%s,"data_offsets":[0,8]}}' % ("[" * deep + "]" * deep), bytes(8))


def text_cases():
    for name in NAMES:
        yield pack(b'{"' + name + b'":' + entry().encode() + b"}", bytes(8))
        yield pack(b'{"__metadata__":{"' + name + b'":"v"}}', b"")
        yield pack(b'{"__metadata__":{"k":"' + name + b'"}}', b"")
        yield pack(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"' + name + b'":1}}', bytes(8))
        yield pack(b'{"a":{"' + name + b'":"F32","shape":[2],"data_offsets":[0,8]}}', bytes(8))
    body = ('{"a":%s}' % entry()).encode()
    for blank in BLANKS:
        yield pack(blank + body, bytes(8))
        yield pack(body + blank, bytes(8))
        for place in range(1, len(body)):
            yield pack(body[:place] + blank + body[place:], bytes(8))
    for start in ("", " ", "[]", "null", "1", '"a"', "{", "}", "{}", "{}{}", "[{}]", "{,}", '{"a"}', '{"a":}', "{1:2}", "{'a':1}"):
        yield pack(start, b"")


TOKENS = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"-", b"0", b"1", b".", b"e", b" ", b"\n", b"\x00", b"\xff", b"null"]
TOKENS += [b'"dtype"', b'"shape"', b'"data_offsets"', b'"__metadata__"', b"\\u0000", b"\\ud800", b'"F4"', b"18446744073709551615"]


def mutated(generator, content):
    content = bytearray(content)
    for _ in range(generator.choice((1, 1, 1, 2, 3, 6))):
        place = generator.randrange(len(content) + 1)
        kind = generator.randrange(5)
        if kind == 0 and place < len(content):
            content[place] ^= 1 << generator.randrange(8)
        elif kind == 1:
            content[place:place] = generator.choice(TOKENS)
        elif kind == 2:
            del content[place : place + generator.choice((1, 1, 2, 9))]
        elif kind == 3:
            token = generator.choice(TOKENS)
            content[place : place + len(token)] = token
        else:
            other = generator.randrange(len(content) + 1)
            content[place:place] = content[other : other + generator.choice((1, 4, 20, 60))]
    return bytes(content)


def random_cases(count):
    generator = random.Random(7)
    two = '{"__metadata__":{"k":"v"},"a":%s,"b":%s}  ' % (entry(), entry('"I64"', "[1,1]", "[8,16]"))
    seeds = [('{"a":%s}' % entry(), 8), (two, 16), ('{"é":%s}' % entry('"U8"', "[]", "[0,1]"), 1)]
    for _ in range(count):
        header, size = generator.choice(seeds)
        header = mutated(generator, header.encode())
        # Most of them keep a right length, or nothing behind the first check would be reached.
        whole = pack(header, bytes(size))
        yield whole if generator.random() < 0.9 else mutated(generator, whole)


def fingerprint(tensors):
    """FNV-1a over names, dtypes, shapes and bytes, by name."""
    content = bytearray()
    for name, info in sorted((name.encode(), info) for name, info in tensors):
        content += name + b"\0" + info["dtype"].encode() + b"\0"
        content += b"".join(struct.pack("<Q", dimension) for dimension in info["shape"])
        content += struct.pack("<Q", len(info["data"])) + info["data"]
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def departs_from_format(content):
    """Whether a file that Python takes is one that the C reader refuses on purpose; see src/safetensors/reader.h."""
    length = struct.unpack("<Q", content[:8])[0]
    text = content[8 : 8 + length].decode()
    refused = []

    def pairs(items):
        strings = [text for item in items for text in item if isinstance(text, str)]
        refused.extend(text for text in strings if "\0" in text)
        refused.extend(key for i, (key, _) in enumerate(items) if key in [other for other, _ in items[:i]])
        return dict(items)

    header = json.loads(text, object_pairs_hook=pairs)
    if text[0] != "{" or refused:
        return True
    header.pop("__metadata__", None)
    for info in header.values():
        if not isinstance(info, dict) or set(info) != {"dtype", "shape", "data_offsets"}:
            return True
        if not isinstance(info["dtype"], str) or any(dimension > DIMENSION_MAX for dimension in info["shape"]):
            return True
    return False


def write_cases(path):
    """Records of a verdict (A accepted, R refused, S accepted but refused by the C reader on purpose), the fingerprint
    of an accepted one, the size, and the bytes."""
    counts = {"A": 0, "R": 0, "S": 0}
    with open(path, "wb") as file:
        for cases in (entries_cases(), layout_cases(), text_cases(), random_cases(60000)):
            for content in cases:
                mark = 0
                try:
                    tensors = deserialize(content)
                    verdict = "S" if departs_from_format(content) else "A"
                    mark = fingerprint(tensors) if verdict == "A" else 0
                except SafetensorError:
                    verdict = "R"
                counts[verdict] += 1
                file.write(verdict.encode() + struct.pack("<QI", mark, len(content)) + content)
    print("cases:", ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))


# Files that the C writer wrote


def same(ours, theirs):
    mine, wanted = load_file(ours), load_file(theirs)
    with safe_open(ours, "pt") as a, safe_open(theirs, "pt") as b:
        if a.metadata() != b.metadata():
            return False
    if set(mine) != set(wanted):
        return False
    as_bytes = lambda tensor: tensor.contiguous().reshape(-1).view(torch.uint8)
    return all(
        mine[name].dtype == wanted[name].dtype
        and mine[name].shape == wanted[name].shape
        and torch.equal(as_bytes(mine[name]), as_bytes(wanted[name]))
        for name in wanted
    )


def loadable(path):
    """F8_E8M0 and F4 can be written from torch but not be loaded into it."""
    with open(path, "rb") as file:
        header = file.read(struct.unpack("<Q", file.read(8))[0])
    return b'"F8_E8M0"' not in header and b'"F4"' not in header


def contents(path):
    with open(path, "rb") as file:
        return sorted(deserialize(file.read()), key=lambda item: item[0])


def check(out):
    count = failures = 0
    for folder in ("python", "foreign"):
        for file in sorted(os.listdir(os.path.join(out, "ours", folder))):
            ours, theirs = os.path.join(out, "ours", folder, file), os.path.join(out, folder, file)
            good = same(ours, theirs) if loadable(theirs) else contents(ours) == contents(theirs)
            if not good:
                print(f"{ours}: Python reads something else from it than it was made from")
            count += 1
            failures += not good
    print(f"{count - failures} of {count} files written in C read by Python")
    return failures == 0 and count > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="folder that holds model.safetensors")
    parser.add_argument("--out", required=True, help="folder to write into")
    parser.add_argument("--check", action="store_true", help="read what test_writer wrote")
    arguments = parser.parse_args()
    if arguments.check:
        return 0 if check(arguments.out) else 1
    if not arguments.model:
        parser.error("--model is needed to write the files")
    for folder in ("python", "foreign"):
        os.makedirs(os.path.join(arguments.out, folder), exist_ok=True)
    model = os.path.join(arguments.model, "model.safetensors")
    write_python_files(arguments.out, model)
    write_foreign_files(arguments.out, model)
    write_cases(os.path.join(arguments.out, "cases.bin"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

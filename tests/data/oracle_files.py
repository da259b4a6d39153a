"""Files as Python writes them, and what is in them.

    oracle_files.py --out DIR

messy.csv, semicolon.csv, plain.tsv, messy.jsonl: rows of random texts, quotes, delimiters and line breaks among them (in the TSV none of
these), a whole number, a number and, in the JSON, a nested array; messy.json is the list of the rows, each [text, whole, number, array].

ARRAY.npy for arrays of every type that tensors have, in both orders, of 0 to 4 dimensions, with none of an item, and as versions 2 and 3
of the format; arrays.safetensors has the same tensors. bool_, complex, text, big-endian and object arrays are in refused_*.npy.

tokens_*.bin and tokens_*.npy: 1,000 tokens in each form that is read; tokens.safetensors has them as int64, negative ones where the form has a
sign. shards_*.safetensors: two files of tensors x and y, and whole.safetensors, the two joined.
"""

import argparse
import csv
import json
import os

import numpy as np
import torch
from safetensors.torch import save_file

ROWS = 300
ALPHABET = ["a", "b", " ", "é", "漢", "\\", "'", "\t.", "z" * 40]
MARKS = ['"', '""', ",", ";", "\n", "\r\n"]


def text(random, marks):
    words = ALPHABET + marks
    return "".join(words[i] for i in random.integers(0, len(words), random.integers(1, 12)))


def rows(random, marks):
    numbers = random.standard_normal(ROWS) * 10.0 ** random.integers(-12, 12, ROWS)
    return [
        [text(random, marks), int(random.integers(-(2**62), 2**62)), float(numbers[i]), random.integers(0, 99, (2, 3)).tolist()]
        for i in range(ROWS)
    ]


def write_tables(out, random):
    messy, plain = rows(random, MARKS), rows(random, [])
    for r in plain:
        r[0] = r[0].replace("\t", " ")
    json.dump(messy, open(f"{out}/messy.json", "w"))
    json.dump(plain, open(f"{out}/plain.json", "w"))
    for name, delimiter in (("messy", ","), ("semicolon", ";")):
        with open(f"{out}/{name}.csv", "w", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerow(["text", "whole", "a number"])
            writer.writerows(r[:3] for r in messy)
    with open(f"{out}/plain.tsv", "w", newline="") as file:
        file.write("text\twhole\ta number\n")
        file.writelines(f"{t}\t{w}\t{n!r}\n" for t, w, n, _ in plain)
    with open(f"{out}/messy.jsonl", "w") as file:
        for t, w, n, array in messy:
            print(json.dumps({"text": t, "in": {"whole": w, "a.number": n}, "array": array}), file=file)


def write_arrays(out, random):
    tensors = {}
    for name in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"):
        for shape in ((), (7,), (3, 4), (2, 3, 4, 5), (0,), (3, 0, 2)):
            for order in "CF":
                array = np.asarray(random.integers(0, 100, shape) - (0 if name in ("uint8", "bool") else 50)).astype(name)
                array = np.asarray(array, order=order)
                key = f"{name}_{'x'.join(map(str, shape)) or 'scalar'}_{order}"
                np.save(f"{out}/{key}.npy", array)
                tensors[key] = torch.from_numpy(np.array(array, order="C"))
    for version in ((2, 0), (3, 0)):
        array = random.standard_normal((3, 5)).astype("float32")
        with open(f"{out}/version_{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, array, version=version)
        tensors[f"version_{version[0]}"] = torch.from_numpy(array)
    save_file(tensors, f"{out}/arrays.safetensors")
    json.dump(sorted(tensors), open(f"{out}/arrays.json", "w"))
    for name, array in {
        "complex": np.zeros(2, "complex64"),
        "text": np.array(["a", "bc"]),
        "big": np.zeros(2, ">f4"),
        "uint32": np.zeros(2, "uint32"),
        "objects": np.array([{}, []], dtype=object),
        "record": np.zeros(2, [("a", "<f4"), ("b", "<i4")]),
    }.items():
        np.save(f"{out}/refused_{name}.npy", array)


def write_tokens(out, random):
    tokens = random.integers(0, 50257, 1000)
    signed = tokens % 1000 - 500
    tokens.astype("<u2").tofile(f"{out}/tokens_2.bin")
    tokens.astype("<u4").tofile(f"{out}/tokens_4.bin")
    signed.astype("<i8").tofile(f"{out}/tokens_8.bin")
    with open(f"{out}/tokens_header.bin", "wb") as file:
        header = np.zeros(256, "<i4")
        header[:3] = 20240520, 1, 1000
        file.write(header.tobytes() + tokens.astype("<u2").tobytes())
    for name in ("uint16", "uint32"):
        np.save(f"{out}/tokens_{name}.npy", tokens.astype(name))
    for name in ("int16", "int32", "int64"):
        np.save(f"{out}/tokens_{name}.npy", signed.astype(name))
    save_file({"tokens": torch.from_numpy(tokens), "signed": torch.from_numpy(signed)}, f"{out}/tokens.safetensors")


def write_shards(out):
    torch.manual_seed(0)
    x, y = torch.randn(50, 3), torch.arange(50)
    for i, part in enumerate((slice(0, 20), slice(20, 50))):
        save_file({"x": x[part].contiguous(), "y": y[part].contiguous()}, f"{out}/shard_{i}.safetensors")
    save_file({"x": x, "y": y}, f"{out}/whole.safetensors")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    os.makedirs(out, exist_ok=True)
    random = np.random.default_rng(0)
    write_tables(out, random)
    write_arrays(out, random)
    write_tokens(out, random)
    write_shards(out)

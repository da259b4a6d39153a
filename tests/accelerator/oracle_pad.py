"""What pad_across_processes makes of tensors that differ in one size.

    oracle_pad.py --out DIR

pad.json: a list of {"processes", "dim", "pad_index", "pad_first"}; pad.safetensors: for case i and process r its tensor, "i.r.in", and
what becomes of it, "i.r.out".
"""

import argparse
import itertools
import json
import os

import torch
from accelerate.utils import operations
from safetensors.torch import save_file

DTYPES = [torch.int64, torch.float32, torch.uint8, torch.float64]
SHAPES = [(4,), (2, 3), (2, 0, 3), (1, 2, 3, 2)]


def pad(tensors, **options):
    operations.gather = lambda size: torch.tensor([list(t.shape) for t in tensors])
    return [operations.pad_across_processes(t, **options) for t in tensors]


def inputs_of(shape, dim, processes, dtype):
    """Tensors that differ in that dimension, where there is one."""
    tensors = []
    for rank in range(processes):
        sizes = list(shape)
        if -len(sizes) <= dim < len(sizes):
            sizes[dim] += (2 * rank) % 3
        tensors.append((torch.arange(torch.Size(sizes).numel()) + 50 * rank + 1).reshape(sizes).to(dtype))
    return tensors


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    cases, tensors = [], {}
    for i, (shape, dim, first, processes) in enumerate(
        itertools.product(SHAPES, range(-5, 5), (False, True), (1, 2, 3))
    ):
        dtype, index = DTYPES[i % 4], [0, 7, 200, 0.5][i % 4] if i % 3 else [-100, -1.5, 1, 1e300][i % 4]
        inputs = inputs_of(shape, dim, processes, dtype)
        outputs = pad(inputs, dim=dim, pad_index=index, pad_first=first)
        assert all(t.dtype == dtype for t in outputs)
        for rank in range(processes):
            tensors[f"{i}.{rank}.in"] = inputs[rank].contiguous()
            tensors[f"{i}.{rank}.out"] = outputs[rank].clone().contiguous()
        cases.append({"processes": processes, "dim": dim, "pad_index": index, "pad_first": first})
    os.makedirs(out, exist_ok=True)
    save_file(tensors, os.path.join(out, "pad.safetensors"))
    with open(os.path.join(out, "pad.json"), "w") as file:
        json.dump(cases, file)


if __name__ == "__main__":
    main()

"""Who gets what of things that are split between processes.

    oracle_split.py --out DIR

split.json: a list of {"kind", "count", "processes", "padding", "parts"}. kind: "list", "tensor" or "dict", of the numbers 0 … count-1;
parts: for each process the numbers that it gets, or null where Accelerate fails.
"""

import argparse
import json
import os

import torch
from accelerate.state import DistributedType, PartialState
from accelerate.utils import operations


def make(kind, count):
    numbers = list(range(count))
    if kind == "list":
        return numbers
    rows = torch.tensor(numbers, dtype=torch.int64).reshape(count, 1).expand(count, 2)
    return rows if kind == "tensor" else {"a": rows, "b": numbers}


def numbers_of(part):
    if isinstance(part, dict):
        part, numbers = part["a"], part["b"]
        assert [row[0] for row in part.tolist()] == numbers
    return [row[0] for row in part.tolist()] if isinstance(part, torch.Tensor) else part


def part_of(kind, count, processes, rank, padding):
    state = PartialState(cpu=True)
    state.num_processes = processes
    state.process_index = rank
    state.distributed_type = DistributedType.MULTI_CPU
    # Tensors are padded to the largest part: the sizes that the processes would send each other.
    each, extras = divmod(count, processes)
    operations.gather = lambda size: torch.tensor([[each + (i < extras), *size[0, 1:]] for i in range(processes)])
    try:
        with state.split_between_processes(make(kind, count), apply_padding=padding) as part:
            return numbers_of(part)
    except Exception:
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    rows = [
        {
            "kind": kind,
            "count": count,
            "processes": processes,
            "padding": padding,
            "parts": [part_of(kind, count, processes, rank, padding) for rank in range(processes)],
        }
        for kind in ("list", "tensor", "dict")
        for count in range(12)
        for processes in range(1, 5)
        for padding in (False, True)
    ]
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "split.json"), "w") as file:
        json.dump(rows, file)


if __name__ == "__main__":
    main()

"""Who gets what of a list that is split between processes.

    oracle_split.py --out DIR

split.json: a list of {"count", "processes", "padding", "parts"}: for each process the numbers of 0 … count-1 that it gets, or null where
Accelerate fails.
"""

import argparse
import json
import os

from accelerate.state import DistributedType, PartialState


def part_of(count, processes, rank, padding):
    state = PartialState(cpu=True)
    state.num_processes = processes
    state.process_index = rank
    state.distributed_type = DistributedType.MULTI_CPU
    try:
        with state.split_between_processes(list(range(count)), apply_padding=padding) as part:
            return part
    except Exception:
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    rows = [
        {
            "count": count,
            "processes": processes,
            "padding": padding,
            "parts": [part_of(count, processes, rank, padding) for rank in range(processes)],
        }
        for count in range(12)
        for processes in range(1, 5)
        for padding in (False, True)
    ]
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "split.json"), "w") as file:
        json.dump(rows, file)


if __name__ == "__main__":
    main()

"""Batches that Accelerate's process 0 reads for all.

    oracle_dispatch.py --out DIR

dispatch_P.json, for P processes: a list of loaders of the numbers below n, each with n, batch_size, split, drop_last, iterable, skip
(batches left out), and ranks, for each process a list of batches. ranks is null where the reference gives up, having no whole round.
Cases in which it gives a process a batch of no samples are not there: fewer samples than half the processes.
"""

import argparse
import itertools
import json
import os

from accelerate import Accelerator, debug_launcher, skip_first_batches
from accelerate.data_loader import prepare_data_loader
from torch.utils.data import DataLoader, IterableDataset


class Numbers(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))


def loader_of(case):
    numbers = Numbers(case["n"]) if case["iterable"] else range(case["n"])
    loader = DataLoader(numbers, case["batch_size"], drop_last=case["drop_last"])
    return prepare_data_loader(loader, dispatch_batches=True, split_batches=case["split"], put_on_device=True)


def batches_of(case):
    loader = loader_of(case)
    if case["skip"]:
        loader = skip_first_batches(loader, case["skip"])
    try:
        return [batch.tolist() for batch in loader]
    except (AttributeError, TypeError, ValueError):  # there is no batch
        return None


def cases(processes):
    both = (False, True)
    for n, size, split, drop, iterable in itertools.product((0, 1, 2, 3, 5, 8, 11, 12, 13), (1, 2, 4), both, both, both):
        # The reference skips batches of one process where samples have numbers.
        for skip in (0, 1) if iterable and n > 10 else (0,):
            size_of = size * processes if split else size
            yield {"n": n, "batch_size": size_of, "split": split, "drop_last": drop, "iterable": iterable, "skip": skip}


def run(folder):
    accelerator = Accelerator(cpu=True)
    rank, processes = accelerator.process_index, accelerator.num_processes
    found = [{**case, "batches": batches_of(case)} for case in cases(processes)]
    with open(os.path.join(folder, f"dispatch_{processes}_{rank}.json"), "w") as file:
        json.dump(found, file)


def join(folder, processes):
    paths = [os.path.join(folder, f"dispatch_{processes}_{rank}.json") for rank in range(processes)]
    ranks = []
    for path in paths:
        with open(path) as file:
            ranks.append(json.load(file))
        os.remove(path)
    joined = []
    for found in zip(*ranks):
        batches = [one.pop("batches") for one in found]
        if None in batches or all(batch for rank in batches for batch in rank):
            joined.append({**found[0], "ranks": None if None in batches else batches})
    with open(os.path.join(folder, f"dispatch_{processes}.json"), "w") as file:
        json.dump(joined, file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    folder = parser.parse_args().out
    os.makedirs(folder, exist_ok=True)
    for processes in (2, 3):
        debug_launcher(run, (folder,), num_processes=processes)
        join(folder, processes)


if __name__ == "__main__":
    main()

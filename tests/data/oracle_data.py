"""Batch order as Accelerate's prepared loaders give it.

    oracle_data.py --out DIR

loaders.json: a list of loaders over a dataset of n samples, each with n, batch_size, shuffle, drop_last, data_seed, length and epochs,
a list of {"batches": lists of sample indices, "next_before", "next_entered", "next_after"}. The default CPU generator is seeded
with 42 before the loader is made, and a next_* is what two 64-bit draws, empty((), int64).random_(), would give at that point (the state
is put back): before the loop, inside it with the first batch in hand (null when there is none), after it. Entering the loop
draws once, also when the dataset is empty; the epoch's order comes from a generator seeded data_seed + epoch.
"""

import argparse
import json
import os

import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration, set_seed
from torch.utils.data import DataLoader

EPOCHS = 3


def draw():
    return torch.empty((), dtype=torch.int64).random_().item()


def peek():
    """The next two draws, which are then put back."""
    state = torch.get_rng_state()
    values = [draw(), draw()]
    torch.set_rng_state(state)
    return values


def epoch(loader):
    before, entered, batches = peek(), None, []
    for batch in loader:
        if entered is None:
            entered = peek()
        batches.append(batch)
    return {"batches": batches, "next_before": before, "next_entered": entered, "next_after": peek()}


def loader_case(n, batch_size, shuffle, drop_last, data_seed):
    set_seed(42)
    configuration = DataLoaderConfiguration(use_seedable_sampler=True, data_seed=data_seed)
    accelerator = Accelerator(cpu=True, dataloader_config=configuration)
    loader = accelerator.prepare(
        DataLoader(list(range(n)), batch_size=batch_size, shuffle=shuffle, drop_last=drop_last, collate_fn=list)
    )
    case = {"n": n, "batch_size": batch_size, "shuffle": shuffle, "drop_last": drop_last, "data_seed": data_seed}
    return {**case, "length": len(loader), "epochs": [epoch(loader) for _ in range(EPOCHS)]}


def loader_cases():
    for n in (1, 2, 10, 13, 64, 100):
        for batch_size in (1, 4, 7):
            for drop_last in (False, True):
                yield n, batch_size, True, drop_last, 42
    for drop_last in (False, True):
        yield 13, 4, False, drop_last, 42
    yield 13, 4, True, False, 7
    yield 13, 4, True, False, 2**32 + 5
    yield 0, 4, False, False, 42
    yield 9511, 32, True, False, 42


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", required=True)
    folder = parser.parse_args().out
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "loaders.json"), "w") as file:
        json.dump([loader_case(*case) for case in loader_cases()], file)


if __name__ == "__main__":
    main()

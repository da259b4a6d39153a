"""Batch order as Accelerate's prepared loaders give it, to one process and to each of several.

    oracle_data.py --out DIR

loaders.json: a list of loaders over a dataset of n samples, each with n, batch_size, shuffle, drop_last, data_seed, length and epochs,
a list of {"batches": lists of sample indices, "next_before", "next_entered", "next_after"}. The default CPU generator is seeded
with 42 before the loader is made, and a next_* is what two 64-bit draws, empty((), int64).random_(), would give at that point (the state
is put back): before the loop, inside it with the first batch in hand (null when there is none), after it. Entering the loop
draws once, also when the dataset is empty; the epoch's order comes from a generator seeded data_seed + epoch.

cuts.json: a list of ways to share the numbers below n, each with n, batch_size, world_size, split_batches, even_batches, drop_last,
batches (for each rank a list of lists) and lengths (for each rank what len says).

shards.json: a list of shuffled loaders of one of several processes, each with the same keys as in cuts.json, rank, data_seed,
length and epochs, a list of lists of {"batch", "at_end", "remainder"}: the last two as gather_for_metrics would find them with
the batch in hand. remainder is -1 with drop_last.
"""

import argparse
import itertools
import json
import os

import torch
from accelerate import Accelerator
from accelerate.data_loader import BatchSamplerShard, IterableDatasetShard, prepare_data_loader
from accelerate.utils import DataLoaderConfiguration, set_seed
from torch.utils.data import DataLoader, IterableDataset

EPOCHS = 3
SHARE_KEYS = ("n", "batch_size", "world_size", "split_batches", "even_batches", "drop_last")


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


def shares():
    """The ways to share that the reference allows."""
    both = (False, True)
    for values in itertools.product(range(31), range(1, 6), range(1, 5), both, both, both):
        share = dict(zip(SHARE_KEYS, values))
        if not share["split_batches"] or share["batch_size"] % share["world_size"] == 0:
            yield share


def prepared_shard(share, rank, shuffle=False, **options):
    loader = DataLoader(
        range(share["n"]), share["batch_size"], shuffle=shuffle, drop_last=share["drop_last"], collate_fn=list
    )
    return prepare_data_loader(
        loader,
        num_processes=share["world_size"],
        process_index=rank,
        split_batches=share["split_batches"],
        even_batches=share["even_batches"],
        put_on_device=False,
        **options,
    )


def cut_case(share):
    loaders = [prepared_shard(share, rank) for rank in range(share["world_size"])]
    batches = [list(loader.batch_sampler) for loader in loaders]
    return {**share, "batches": batches, "lengths": [len(loader) for loader in loaders]}


def shard_epoch(loader):
    return [{"batch": b, "at_end": loader.end_of_dataloader, "remainder": loader.remainder} for b in loader]


def shard_case(share, rank, data_seed):
    loader = prepared_shard(share, rank, shuffle=True, use_seedable_sampler=True, data_seed=data_seed)
    epochs = [shard_epoch(loader) for _ in range(EPOCHS)]
    return {**share, "rank": rank, "data_seed": data_seed, "length": len(loader), "epochs": epochs}


def shard_cases():
    for share in shares():
        if share["n"] in (1, 7, 23, 24) and share["batch_size"] in (2, 4):
            for rank in range(share["world_size"]):
                yield share, rank, 42


class Numbers(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))


def stream_batches(share, rank):
    dataset, size, drop_last = Numbers(share["n"]), share["batch_size"], share["drop_last"]
    if share["world_size"] > 1:  # a process alone has no shard
        split = share["split_batches"]
        dataset = IterableDatasetShard(dataset, size, drop_last, share["world_size"], rank, split)
        size = size // share["world_size"] if split else size
    return list(DataLoader(dataset, size, drop_last=drop_last, collate_fn=list))


def stream_case(share):
    return {**share, "batches": [stream_batches(share, rank) for rank in range(share["world_size"])]}


def list_case(sizes, world_size, even_batches):
    numbers = itertools.count()
    batches = [[next(numbers) for _ in range(size)] for size in sizes]
    shards = [BatchSamplerShard(batches, world_size, rank, even_batches=even_batches) for rank in range(world_size)]
    case = {"sizes": sizes, "world_size": world_size, "even_batches": even_batches}
    return {**case, "batches": [list(shard) for shard in shards]}


def list_cases():
    for count, world_size, even_batches in itertools.product(range(9), range(1, 5), (False, True)):
        yield [(3 * k) % 4 + 1 for k in range(count)], world_size, even_batches


def write(folder, name, cases):
    with open(os.path.join(folder, name), "w") as file:
        json.dump(list(cases), file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", required=True)
    folder = parser.parse_args().out
    os.makedirs(folder, exist_ok=True)
    write(folder, "loaders.json", (loader_case(*case) for case in loader_cases()))
    write(folder, "cuts.json", map(cut_case, shares()))
    write(folder, "shards.json", (shard_case(*case) for case in shard_cases()))
    write(folder, "streams.json", (stream_case(share) for share in shares() if share["even_batches"]))
    write(folder, "lists.json", (list_case(*case) for case in list_cases()))


if __name__ == "__main__":
    main()

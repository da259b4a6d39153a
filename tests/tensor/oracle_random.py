"""Random numbers as PyTorch draws them on the CPU.

    oracle_random.py --out DIR

random.safetensors: after manual_seed(seed), for seed 0, 42 and 1234567890123, one call each: "<seed>.rand" (7), "<seed>.rand_large" (100),
"<seed>.randn" (7), "<seed>.randn_large" (100), "<seed>.randperm" (13), "<seed>.random" (int64), "<seed>.dropout": dropout with p 0.1
of ones (8, 33), "<seed>.bernoulli": bernoulli_(0.9) on (8, 33), "<seed>.uniform": uniform_(-2, 5) on (9) and "<seed>.normal":
normal_(3, 0.5) on (17); "<seed>.sequence": rand(3), randn(5), rand(3), randn(16), rand(3) drawn one after the other on one generator,
joined; and "<seed>.state": the generator's state (uint8) after that sequence.
"""

import argparse
import os

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

SEEDS = (0, 42, 1234567890123)


def sequence():
    return torch.cat([torch.rand(3), torch.randn(5), torch.rand(3), torch.randn(16), torch.rand(3)])


def state():
    sequence()
    return torch.get_rng_state()


CALLS = {
    "rand": lambda: torch.rand(7),
    "rand_large": lambda: torch.rand(100),
    "randn": lambda: torch.randn(7),
    "randn_large": lambda: torch.randn(100),
    "randperm": lambda: torch.randperm(13),
    "random": lambda: torch.empty((), dtype=torch.int64).random_(),
    "dropout": lambda: F.dropout(torch.ones(8, 33), 0.1, training=True),
    "bernoulli": lambda: torch.empty(8, 33).bernoulli_(0.9),
    "uniform": lambda: torch.empty(9).uniform_(-2, 5),
    "normal": lambda: torch.empty(17).normal_(3, 0.5),
    "sequence": sequence,
    "state": state,
}


def seeded(seed, call):
    torch.manual_seed(seed)
    return call()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", required=True)
    folder = parser.parse_args().out
    os.makedirs(folder, exist_ok=True)
    tensors = {f"{seed}.{name}": seeded(seed, call) for seed in SEEDS for name, call in CALLS.items()}
    save_file(tensors, os.path.join(folder, "random.safetensors"))


if __name__ == "__main__":
    main()

"""What torch's Join makes of inputs that run out in some processes first, on the CPU, where Accelerate leaves it out.

    oracle_join.py --out DIR

join_P.json, for P processes: {"inputs": rows of two numbers, "weights": for each epoch the two weights and the bias of a linear layer that
process 0 has after it}. Steps are SGD's with a rate of 0.05 on the mean output, squared; a batch is two rows; processes take turns at
batches.
"""

import argparse
import json
import os

import torch
from accelerate import Accelerator, debug_launcher
from torch.distributed.algorithms.join import Join
from torch.nn.parallel import DistributedDataParallel

EPOCHS = 3


def inputs(processes):
    torch.manual_seed(processes)
    return torch.randn(4 * processes + 3, 2)


def run(folder):
    accelerator = Accelerator(cpu=True)
    rank, processes = accelerator.process_index, accelerator.num_processes
    rows = inputs(processes)
    batches = rows.split(2)[rank::processes]
    layer = torch.nn.Linear(2, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.5, -0.25]]))
        layer.bias.fill_(0.125)
    model = DistributedDataParallel(layer)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    weights = []
    for _ in range(EPOCHS):
        with Join([model]):
            for batch in batches:
                model(batch).mean().square().backward()
                optimizer.step()
                optimizer.zero_grad()
        weights.append([*layer.weight.flatten().tolist(), layer.bias.item()])
    if rank == 0:
        with open(os.path.join(folder, f"join_{processes}.json"), "w") as file:
            json.dump({"inputs": rows.tolist(), "weights": weights}, file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    folder = parser.parse_args().out
    os.makedirs(folder, exist_ok=True)
    for processes in (2, 3):
        debug_launcher(run, (folder,), num_processes=processes)


if __name__ == "__main__":
    main()

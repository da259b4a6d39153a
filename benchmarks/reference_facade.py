"""What Accelerate itself costs: a tiny step with everything that it does around it, and the same step without: the reference of
bench_facade.

Prints one JSON line: facade_s of a step under accelerator.accumulate, prepared and with a schedule, bare_s of forward, backward,
step and zero_grad alone, and cost_s, the difference. Medians over rounds of both in turn.
"""

import json
import statistics
import time

import torch
from accelerate import Accelerator
from transformers import get_scheduler

ROUNDS, STEPS = 7, 300


def make():
    model = torch.nn.Linear(8, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    return model, optimizer, get_scheduler("linear", optimizer, 0, 1000000)


def train_prepared(accelerator, model, optimizer, scheduler, x):
    begin = time.monotonic()
    for _ in range(STEPS):
        with accelerator.accumulate(model):
            accelerator.backward(model(x).mean())
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
    return (time.monotonic() - begin) / STEPS


def train_bare(model, optimizer, scheduler, x):
    begin = time.monotonic()
    for _ in range(STEPS):
        model(x).mean().backward()
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    return (time.monotonic() - begin) / STEPS


def main():
    accelerator = Accelerator(cpu=True)
    prepared, bare = accelerator.prepare(*make()), make()
    x = torch.randn(4, 8)
    runs = []
    for _ in range(ROUNDS + 1):
        runs.append((train_prepared(accelerator, *prepared, x), train_bare(*bare, x)))
    facade, alone = (statistics.median(column) for column in zip(*runs[1:]))
    print(json.dumps({"name": "facade", "facade_s": facade, "bare_s": alone, "cost_s": facade - alone}))


if __name__ == "__main__":
    main()

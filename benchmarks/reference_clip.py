"""Clipping of 63 million gradients in 120 tensors with Accelerate, timed: the reference of bench_clip.

Prints one JSON line: norm_s and value_s of a call that changes every element, medians.
"""

import json
import statistics
import time

import torch
from accelerate import Accelerator

ROUNDS, LAYERS, WIDTH = 7, 60, 1024


def timed(call):
    begin = time.monotonic()
    result = call()
    return time.monotonic() - begin, result


def main():
    accelerator = Accelerator(cpu=True)
    model = torch.nn.Sequential(*(torch.nn.Linear(WIDTH, WIDTH) for _ in range(LAYERS)))
    parameters = list(model.parameters())
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    norm = accelerator.clip_grad_norm_(parameters, 1e9).item()
    norms, values = [], []
    for _ in range(ROUNDS):
        seconds, total = timed(lambda: accelerator.clip_grad_norm_(parameters, 0.99 * norm).item())
        norm = 0.99 * total
        norms.append(seconds)
        values.append(timed(lambda: accelerator.clip_grad_value_(parameters, 10))[0])
    print(json.dumps({"name": "clip", "norm_s": statistics.median(norms), "value_s": statistics.median(values)}))


if __name__ == "__main__":
    main()

"""Calls that all processes make together with Accelerate, timed: the reference of bench_collective.

The main process prints one JSON line: seconds of a call, medians: gather_s and reduce_s of one number, gather_large_s and
reduce_large_s of a MiB, barrier_s; and bare_gather_s, bare_reduce_s of one number by torch.distributed alone, which compares nothing.
"""

import json
import statistics
import time

import torch
import torch.distributed as dist
from accelerate import Accelerator

ROUNDS, LARGE = 9, 1 << 18


def time_call(call, calls):
    seconds = []
    for _ in range(ROUNDS):
        dist.barrier()
        begin = time.monotonic()
        for _ in range(calls):
            call()
        seconds.append((time.monotonic() - begin) / calls)
    return statistics.median(seconds)


def bare_gather(tensor):
    out = torch.empty(dist.get_world_size() * tensor.numel())
    dist.all_gather_into_tensor(out, tensor)
    return out


def bare_reduce(tensor):
    out = tensor.clone()
    dist.all_reduce(out)
    return out


def main():
    accelerator = Accelerator(cpu=True)
    one, many = torch.ones(1), torch.ones(LARGE)
    result = {
        "name": "collective",
        "gather_s": time_call(lambda: accelerator.gather(one), 300),
        "reduce_s": time_call(lambda: accelerator.reduce(one), 300),
        "gather_large_s": time_call(lambda: accelerator.gather(many), 20),
        "reduce_large_s": time_call(lambda: accelerator.reduce(many), 20),
        "barrier_s": time_call(accelerator.wait_for_everyone, 300),
        "bare_gather_s": time_call(lambda: bare_gather(one), 300),
        "bare_reduce_s": time_call(lambda: bare_reduce(one), 300),
    }
    if accelerator.is_main_process:
        print(json.dumps(result))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()

"""A network of branches that two ranks train as Accelerate does, with each option of DistributedDataParallelKwargs.

    oracle_data_parallel.py --out DIR

runs.json: a list of runs, each with "options" (of DistributedDataParallelKwargs), "steps" (of accumulation), "clip" (a norm or null), "uses" (for
each rank and micro-batch the branches that its loss depends on), "fixed" (whether each rank always uses the same ones) and "norms" (of each clipped step).
Hooks that the reference refuses or fails at run here all the same: bf16 without NCCL; batched_power_sgd, whose matrices lack the dimension that
its own assertion asks for; PowerSGD with several messages, whose sums take turns as threads happen to run: here one waits for the other.
runs.safetensors: "x" (micro-batches, ranks, rows, features), the parameters before, "initial.<name>", and of run i, before clipping, the
gradient of each step, "<i>.<step>.<name>", where there is one, and the parameters after, "<i>.<name>".
"""

import argparse
import json
import os

os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs, debug_launcher
from accelerate.state import AcceleratorState, GradientState, PartialState
from accelerate.utils import DDPCommunicationHookType
from safetensors.torch import save_file
from torch.distributed.algorithms.ddp_comm_hooks import powerSGD_hook

RANKS, BATCHES, ROWS, FEATURES, HIDDEN = 2, 8, 3, 24, 32
BRANCHES = "left", "right", "spare"


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = torch.nn.Linear(FEATURES, HIDDEN)
        for name in BRANCHES:
            setattr(self, name, torch.nn.Linear(HIDDEN, 4))

    def forward(self, x, branches):
        x = torch.tanh(self.trunk(x))
        return sum(getattr(self, name)(x).square().mean() for name in branches)


def same(*branches):
    return [[branches] * BATCHES] * RANKS


ALL = same(*BRANCHES)
NO_SPARE = same("left", "right")
BY_RANK = [[["left", "right"][(rank + batch) % 2 :][:1] for batch in range(BATCHES)] for rank in range(RANKS)]
BY_BATCH = [[["left", "right"][batch // 2 % 2 :][:1] for batch in range(BATCHES)]] * RANKS
ONE_MORE = [[BRANCHES if rank == 0 and batch % 3 == 1 else ["left"] for batch in range(BATCHES)] for rank in range(RANKS)]
ONE_ALL = [[BRANCHES] * BATCHES, [["left"]] * BATCHES]
FIXED = [[[name]] * BATCHES for name in ("left", "right")]


def is_fixed(uses):
    return all(used == of_rank[0] for of_rank in uses for used in of_rank)


def runs():
    unused = {"find_unused_parameters": True}
    for view in (False, True):
        for megabytes in (25, 0.001, 1e-6):
            yield {"options": {"bucket_cap_mb": megabytes, "gradient_as_bucket_view": view}, "uses": ALL}
        for steps in (1, 2, 3):
            for uses in (ALL, NO_SPARE, BY_RANK, BY_BATCH, ONE_MORE, FIXED):
                yield {"options": unused | {"gradient_as_bucket_view": view, "bucket_cap_mb": 0.002}, "uses": uses, "steps": steps}
        for uses in (ALL, NO_SPARE, FIXED):
            yield {"options": {"static_graph": True, "gradient_as_bucket_view": view, "bucket_cap_mb": 0.002}, "uses": uses}
    yield {"options": unused, "uses": BY_RANK, "steps": 2, "clip": 0.05}
    yield {"options": unused | {"static_graph": True}, "uses": FIXED, "clip": 0.05}


def hook_runs():
    small = {"bucket_cap_mb": 0.002}
    for hook in ("fp16", "bf16"):
        for view in (False, True):
            yield {"options": {"comm_hook": hook, "gradient_as_bucket_view": view}, "uses": ALL, "steps": 2, "clip": 0.05}
            yield {"options": small | {"comm_hook": hook, "gradient_as_bucket_view": view}, "uses": ALL}
        yield {"options": small | {"comm_hook": hook, "find_unused_parameters": True}, "uses": BY_RANK, "steps": 2}
        yield {"options": small | {"comm_hook": hook, "static_graph": True}, "uses": FIXED}
        yield {"options": small | {"comm_hook": hook, "comm_wrapper": "bf16"}, "uses": ALL}
    states = [
        {},
        {"matrix_approximation_rank": 2, "min_compression_rate": 1},
        {"matrix_approximation_rank": 3, "min_compression_rate": 0.5, "random_seed": 3},
        {"matrix_approximation_rank": 100, "min_compression_rate": 0.001, "batch_tensors_with_same_shape": True},
        {"min_compression_rate": 0.5, "batch_tensors_with_same_shape": True},
        {"min_compression_rate": 0.5, "warm_start": False, "random_seed": 4294967295},
        {"min_compression_rate": 0.5, "use_error_feedback": False},
        {"use_error_feedback": False, "warm_start": False, "start_powerSGD_iter": 0},
        {"orthogonalization_epsilon": 1e-3, "start_powerSGD_iter": 4, "min_compression_rate": 0.5},
    ]
    for state in states:
        state = {"start_powerSGD_iter": 2} | state
        # The batched kind takes no more columns than rows, and no notice of the epsilon.
        batches = state.get("matrix_approximation_rank", 1) <= 3 and "orthogonalization_epsilon" not in state
        for hook in ("power_sgd", "batched_power_sgd") if batches else ("power_sgd",):
            options = {"comm_hook": hook, "comm_state_option": state}
            yield {"options": options, "uses": ALL}
            yield {"options": small | options, "uses": ALL, "steps": 2, "clip": 0.05}
            yield {"options": small | options | {"gradient_as_bucket_view": True, "static_graph": True}, "uses": ALL}
    options = {"comm_hook": "power_sgd", "comm_state_option": {"start_powerSGD_iter": 2, "min_compression_rate": 0.5}}
    yield {"options": small | options | {"comm_wrapper": "fp16"}, "uses": ALL}
    yield {"options": small | options | {"find_unused_parameters": True}, "uses": ONE_ALL}


def in_turn(hook):
    def wait(state, bucket):
        future = hook(state, bucket)
        future.wait()
        return future

    return wait


def relax_reference():
    powerSGD_hook.powerSGD_hook = in_turn(powerSGD_hook.powerSGD_hook)
    powerSGD_hook.batched_powerSGD_hook = in_turn(powerSGD_hook.batched_powerSGD_hook)
    orthogonalize = powerSGD_hook._orthogonalize
    powerSGD_hook._orthogonalize = lambda matrices, epsilon=0: orthogonalize(
        matrices if matrices.dim() == 3 else matrices.unsqueeze(0), epsilon
    )
    torch.nn.parallel.DistributedDataParallel._check_comm_hook = lambda self, hook: None


def handler_of(options):
    hooks = {name: DDPCommunicationHookType(options[name]) for name in ("comm_hook", "comm_wrapper") if name in options}
    return DistributedDataParallelKwargs(**options | hooks)


def train(run, index, state, x, tensors):
    for shared in (AcceleratorState, GradientState, PartialState):
        shared._reset_state()
    accelerator = Accelerator(cpu=True, kwargs_handlers=[handler_of(run["options"])], gradient_accumulation_steps=run["steps"])
    network = Network()
    network.load_state_dict(state)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.3, momentum=0.5)
    model, optimizer = accelerator.prepare(network, optimizer)
    rank, step = accelerator.process_index, 0
    for batch in range(BATCHES):
        with accelerator.accumulate(model):
            accelerator.backward(model(x[batch, rank], run["uses"][rank][batch]))
            if accelerator.sync_gradients:
                for name, parameter in network.named_parameters():
                    if parameter.grad is not None:
                        tensors[f"{index}.{step}.{name}"] = parameter.grad.clone()
                step += 1
                if run["clip"]:
                    run["norms"].append(accelerator.clip_grad_norm_(model.parameters(), run["clip"]).item())
            optimizer.step()
            optimizer.zero_grad()
    tensors.update({f"{index}.{name}": value.clone() for name, value in network.state_dict().items()})


def train_all(out):
    torch.set_num_threads(1)
    relax_reference()
    torch.manual_seed(7)
    state = Network().state_dict()
    x = torch.randn(BATCHES, RANKS, ROWS, FEATURES)
    tensors = {"x": x, **{f"initial.{name}": value for name, value in state.items()}}
    results = [{"steps": 1, "clip": None, "norms": [], "fixed": is_fixed(run["uses"])} | run for run in (*runs(), *hook_runs())]
    for index, run in enumerate(results):
        train(run, index, state, x, tensors)
    if PartialState().process_index == 0:
        save_file(tensors, os.path.join(out, "runs.safetensors"))
        with open(os.path.join(out, "runs.json"), "w") as file:
            json.dump(results, file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    os.makedirs(out, exist_ok=True)
    debug_launcher(train_all, (out,), num_processes=RANKS)


if __name__ == "__main__":
    main()

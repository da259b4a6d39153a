"""Two ranks that train by themselves and take means, as Accelerate's LocalSGD does.

    oracle_local_sgd.py --out DIR

runs.json: a list of runs, each with "period" (of means), "enabled", "steps" (of accumulation) and "optimizer" ("sgd" or "adamw").
rank_R.safetensors, of each rank: "x" (ranks, batches, rows, features), "y" (ranks, batches, rows, 1), the parameters before,
"initial.<name>", those of run i after each batch, "<i>.<batch>.<name>", and after the block, "<i>.<name>".
"""

import argparse
import json
import os

os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")

import torch
from accelerate import Accelerator, debug_launcher
from accelerate.local_sgd import LocalSGD
from accelerate.state import AcceleratorState, GradientState, PartialState
from safetensors.torch import save_file

RANKS, BATCHES, ROWS, FEATURES, HIDDEN = 2, 7, 4, 5, 6


def make_model(state):
    model = torch.nn.Sequential(torch.nn.Linear(FEATURES, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, 1))
    if state:
        model.load_state_dict(state)
    return model


def runs():
    for optimizer in ("sgd", "adamw"):
        for period, enabled in ((1, True), (2, True), (3, True), (8, True), (2, False)):
            for steps in (1, 2):
                yield {"period": period, "enabled": enabled, "steps": steps, "optimizer": optimizer}


def train(run, index, state, x, y, tensors):
    for shared in (AcceleratorState, GradientState, PartialState):
        shared._reset_state()
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=run["steps"])
    network = make_model(state)
    if run["optimizer"] == "sgd":
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    else:
        optimizer = torch.optim.AdamW(network.parameters(), lr=0.01, fused=True)
    model, optimizer = accelerator.prepare(network, optimizer)
    rank = accelerator.process_index
    with LocalSGD(accelerator=accelerator, model=model, local_sgd_steps=run["period"], enabled=run["enabled"]) as local_sgd:
        for batch in range(BATCHES):
            with accelerator.accumulate(model):
                loss = torch.nn.functional.mse_loss(model(x[rank, batch]), y[rank, batch])
                accelerator.backward(loss)
                optimizer.step()
                optimizer.zero_grad()
                local_sgd.step()
            tensors.update({f"{index}.{batch}.{name}": p.detach().clone() for name, p in network.named_parameters()})
    tensors.update({f"{index}.{name}": p.detach().clone() for name, p in network.named_parameters()})


def train_all(out):
    torch.set_num_threads(1)
    torch.manual_seed(8)
    state = make_model(None).state_dict()
    x, y = torch.randn(RANKS, BATCHES, ROWS, FEATURES), torch.randn(RANKS, BATCHES, ROWS, 1)
    tensors = {"x": x, "y": y, **{f"initial.{name}": value for name, value in state.items()}}
    for index, run in enumerate(runs()):
        train(run, index, state, x, y, tensors)
    save_file(tensors, os.path.join(out, f"rank_{PartialState().process_index}.safetensors"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    os.makedirs(out, exist_ok=True)
    debug_launcher(train_all, (out,), num_processes=RANKS)
    with open(os.path.join(out, "runs.json"), "w") as file:
        json.dump(list(runs()), file)


if __name__ == "__main__":
    main()

"""Training loops as Accelerate and PyTorch run them: accumulation, bfloat16, float16 with a gradient scaler, clipping.

    oracle_training.py --out DIR

runs.json: a list of runs, each with "precision", "steps" (of accumulation), "clip" ({"norm", "type"}, {"value"} or null), "scaler" (options
or null), "losses" (of each batch), "norms" (of each clipped step, -1 where there was none), "skipped" (of each step), "scales" (after each
step), "rates" (learning rate after each batch).
runs.safetensors: "x" (batches, rows, 6), "y" (batches, rows, 1), the parameters before, "initial.<name>", and after run i, "<i>.<name>".

float16 on the CPU is PyTorch's own loop, since Accelerate trains in float32 there without a word.
"""

import argparse
import itertools
import json
import math
import os

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState, PartialState
from safetensors.torch import save_file
from transformers import get_scheduler

BATCHES, ROWS, FEATURES, HIDDEN = 12, 4, 6, 5


def make_model(state):
    model = torch.nn.Sequential(torch.nn.Linear(FEATURES, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1))
    if state:
        model.load_state_dict(state)
    return model


def clip(parameters, how):
    if how is None:
        return -1.0
    if "value" in how:
        torch.nn.utils.clip_grad_value_(parameters, how["value"])
        return -1.0
    return torch.nn.utils.clip_grad_norm_(parameters, how["norm"], float(how["type"])).item()


def run_accelerate(run, state, x, y):
    for shared in (AcceleratorState, GradientState, PartialState):
        shared._reset_state()
    accelerator = Accelerator(cpu=True, mixed_precision=run["precision"], gradient_accumulation_steps=run["steps"])
    model = make_model(state)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = get_scheduler("linear", optimizer, 0, BATCHES)
    loader = torch.utils.data.DataLoader(list(zip(x, y)), batch_size=None)
    model, optimizer, scheduler = accelerator.prepare(model, optimizer, scheduler)
    result = {"losses": [], "norms": [], "skipped": [], "scales": [], "rates": []}
    for rows, targets in loader:
        with accelerator.accumulate(model):
            loss = torch.nn.functional.mse_loss(model(rows), targets)
            accelerator.backward(loss)
            if accelerator.sync_gradients:
                result["norms"].append(clip(model.parameters(), run["clip"]))
                result["skipped"].append(False)
                result["scales"].append(1.0)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
        result["losses"].append(loss.item())
        result["rates"].append(scheduler.get_last_lr()[0])
    return result, accelerator.unwrap_model(model).state_dict()


def run_float16(run, state, x, y):
    model = make_model(state)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = get_scheduler("linear", optimizer, 0, BATCHES)
    scaler = torch.amp.GradScaler("cpu", **run["scaler"])
    result = {"losses": [], "norms": [], "skipped": [], "scales": [], "rates": []}
    for index, (rows, targets) in enumerate(zip(x, y)):
        with torch.autocast("cpu", torch.float16):
            outputs = model(rows)
        loss = torch.nn.functional.mse_loss(outputs.float(), targets)
        scaler.scale(loss / run["steps"]).backward()
        if (index + 1) % run["steps"] == 0:
            scaler.unscale_(optimizer)
            finite = all(parameter.grad.isfinite().all() for parameter in model.parameters())
            result["norms"].append(clip(model.parameters(), run["clip"]))
            scaler.step(optimizer)
            scaler.update()
            if finite or not run["scaler"].get("enabled", True):
                scheduler.step()
            result["skipped"].append(not finite and run["scaler"].get("enabled", True))
            result["scales"].append(scaler.get_scale())
            optimizer.zero_grad()
        result["losses"].append(loss.item())
        result["rates"].append(scheduler.get_last_lr()[0])
    return result, model.state_dict()


SCALERS = [
    {},
    {"init_scale": 2.0**20, "growth_interval": 3},
    {"init_scale": 1024.0, "growth_factor": 4.0, "backoff_factor": 0.25, "growth_interval": 2},
    {"enabled": False},
]
CLIPS = [
    None,
    {"value": 0.05},
    {"norm": 0.1, "type": 2},
    {"norm": 0.1, "type": 1},
    {"norm": 0.1, "type": 3.5},
    {"norm": 0.1, "type": "inf"},
    {"norm": 1e6, "type": 2},
    {"norm": 0.0, "type": 2},
]


def runs():
    for precision, steps, how in itertools.product(("no", "bf16"), (1, 2, 3), CLIPS):
        yield {"precision": precision, "steps": steps, "clip": how, "scaler": None}
    for steps, how, scaler in itertools.product((1, 3), CLIPS[:3], SCALERS):
        yield {"precision": "fp16", "steps": steps, "clip": how, "scaler": scaler}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(BATCHES, ROWS, FEATURES, generator=generator)
    y = torch.randn(BATCHES, ROWS, 1, generator=generator)
    torch.manual_seed(4)
    state = make_model(None).state_dict()
    tensors = {"x": x, "y": y, **{f"initial.{name}": value for name, value in state.items()}}
    results = []
    for index, run in enumerate(runs()):
        result, trained = (run_float16 if run["precision"] == "fp16" else run_accelerate)(run, state, x, y)
        result["norms"] = [norm if math.isfinite(norm) else str(norm) for norm in result["norms"]]
        results.append(run | result)
        tensors.update({f"{index}.{name}": value.clone() for name, value in trained.items()})
    os.makedirs(out, exist_ok=True)
    save_file(tensors, os.path.join(out, "runs.safetensors"))
    with open(os.path.join(out, "runs.json"), "w") as file:
        json.dump(results, file)


if __name__ == "__main__":
    main()

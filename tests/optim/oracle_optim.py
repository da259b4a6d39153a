"""AdamW steps and learning-rate schedules as PyTorch and transformers compute them.

    oracle_optim.py --out DIR

adamw.safetensors: two parameters, a (3, 4) and b (5), each a group of its own: "initial.a", "gradient.a" (20, 3, 4), and the
parameters after each step, "<run>.a" (20, 3, 4); the same for b. Gradients of steps 11 and 12 are zero. "options.<run>.a" holds lr,
weight_decay, beta1, beta2, eps. Runs:

  default   PyTorch's choice of kernel; groups with options of their own
  fused     the same with fused=True
  groups    fused, where the groups differ in lr and weight_decay only
  amsgrad   as groups, with amsgrad=True
  maximize  as groups, with maximize=True
  absent    as groups; a has no gradient in steps 1, 4 and 5, b none in steps 5 and 20

schedule.safetensors: linear schedules, numbered from 0: "<i>.steps", num_warmup_steps and num_training_steps; "base_lrs", those of two
groups; "<i>.values" (n, 2), float64: the learning rates of both groups before the first step and after each scheduler step, three
beyond the end.
"""

import argparse
import os

import torch
from safetensors.torch import save_file
from transformers import get_scheduler

STEPS = 20
OWN = {
    "a": {"lr": 1e-2, "weight_decay": 0.01, "betas": (0.9, 0.999), "eps": 1e-8},
    "b": {"lr": 3e-3, "weight_decay": 0.1, "betas": (0.8, 0.99), "eps": 1e-6},
}
SHARED = {name: {**options, "betas": (0.85, 0.98), "eps": 1e-7} for name, options in OWN.items()}
ABSENT = {"a": (1, 4, 5), "b": (5, 20)}
RUNS = {
    "default": (OWN, {}, {}),
    "fused": (OWN, {}, {"fused": True}),
    "groups": (SHARED, {}, {"fused": True}),
    "amsgrad": (SHARED, {}, {"fused": True, "amsgrad": True}),
    "maximize": (SHARED, {}, {"fused": True, "maximize": True}),
    "absent": (SHARED, ABSENT, {"fused": True}),
}
BASE_LRS = [3e-5, 1e-3]
SCHEDULES = [(0, 10), (3, 10), (0, 298), (30, 298), (10, 10), (0, 1), (1, 1), (12, 10), (0, 0)]


def train(initial, gradients, groups, absent, options):
    """The parameters after each step, stacked, by name."""
    parameters = {name: torch.nn.Parameter(value.clone()) for name, value in initial.items()}
    groups = [{"params": [parameters[name]], **groups[name]} for name in groups]
    optimizer = torch.optim.AdamW(groups, **options)
    seen = {name: [] for name in parameters}
    for step in range(STEPS):
        for name, parameter in parameters.items():
            missing = step + 1 in absent.get(name, ())
            parameter.grad = None if missing else gradients[name][step].clone()
        optimizer.step()
        for name, parameter in parameters.items():
            seen[name].append(parameter.detach().clone())
    return {name: torch.stack(values) for name, values in seen.items()}


def option_values(group):
    values = [group["lr"], group["weight_decay"], *group["betas"], group["eps"]]
    return torch.tensor(values, dtype=torch.float64)


def write_adamw(folder):
    torch.manual_seed(42)
    initial = {"a": torch.randn(3, 4), "b": torch.randn(5)}
    gradients = {name: torch.randn(STEPS, *value.shape) for name, value in initial.items()}
    for gradient in gradients.values():
        gradient[10:12] = 0
    tensors = {f"initial.{name}": value for name, value in initial.items()}
    tensors |= {f"gradient.{name}": value for name, value in gradients.items()}
    for run, (groups, absent, options) in RUNS.items():
        values = train(initial, gradients, groups, absent, options)
        tensors |= {f"{run}.{name}": value for name, value in values.items()}
        tensors |= {f"options.{run}.{name}": option_values(group) for name, group in groups.items()}
    save_file(tensors, os.path.join(folder, "adamw.safetensors"))


def schedule(num_warmup_steps, num_training_steps):
    groups = [{"params": [torch.zeros(1)], "lr": lr} for lr in BASE_LRS]
    optimizer = torch.optim.AdamW(groups)
    scheduler = get_scheduler(
        "linear", optimizer, num_warmup_steps=num_warmup_steps, num_training_steps=num_training_steps
    )
    values = [scheduler.get_last_lr()]
    for _ in range(num_training_steps + 3):
        optimizer.step()
        scheduler.step()
        values.append(scheduler.get_last_lr())
    return torch.tensor(values, dtype=torch.float64)


def write_schedules(folder):
    tensors = {"base_lrs": torch.tensor(BASE_LRS, dtype=torch.float64)}
    for i, steps in enumerate(SCHEDULES):
        tensors[f"{i}.steps"] = torch.tensor(steps)
        tensors[f"{i}.values"] = schedule(*steps)
    save_file(tensors, os.path.join(folder, "schedule.safetensors"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", required=True)
    folder = parser.parse_args().out
    os.makedirs(folder, exist_ok=True)
    write_adamw(folder)
    write_schedules(folder)


if __name__ == "__main__":
    main()

"""AdamW steps and learning-rate schedules as PyTorch and transformers compute them.

    oracle_optim.py --out DIR

adamw.safetensors: two parameter groups, a (3, 4) and b (5): "initial.a", "gradient.a" (20, 3, 4), and the parameters after each
step, "default.a" and "fused.a" (20, 3, 4); the same for b. Gradients of steps 11 and 12 are zero.
adamw.json: the options of the two groups.
schedule.json: a list of linear schedules, each with num_warmup_steps, num_training_steps, base_lrs (two groups) and values: the
learning rates of both groups before the first step and after each scheduler step, three beyond the end.
"""

import argparse
import json
import os

import torch
from safetensors.torch import save_file
from transformers import get_scheduler

STEPS = 20
GROUPS = {
    "a": {"lr": 1e-2, "weight_decay": 0.01, "betas": (0.9, 0.999), "eps": 1e-8},
    "b": {"lr": 3e-3, "weight_decay": 0.1, "betas": (0.8, 0.99), "eps": 1e-6},
}
SCHEDULES = [(0, 10), (3, 10), (0, 298), (30, 298), (10, 10), (0, 1), (1, 1), (12, 10), (0, 0)]


def train(initial, gradients, **options):
    """The parameters after each step, stacked, by name."""
    parameters = {name: torch.nn.Parameter(value.clone()) for name, value in initial.items()}
    groups = [{"params": [parameters[name]], **GROUPS[name]} for name in GROUPS]
    optimizer = torch.optim.AdamW(groups, **options)
    seen = {name: [] for name in GROUPS}
    for step in range(STEPS):
        for name, parameter in parameters.items():
            parameter.grad = gradients[name][step].clone()
        optimizer.step()
        for name, parameter in parameters.items():
            seen[name].append(parameter.detach().clone())
    return {name: torch.stack(values) for name, values in seen.items()}


def write_adamw(folder):
    torch.manual_seed(42)
    initial = {"a": torch.randn(3, 4), "b": torch.randn(5)}
    gradients = {name: torch.randn(STEPS, *value.shape) for name, value in initial.items()}
    for gradient in gradients.values():
        gradient[10:12] = 0
    tensors = {f"initial.{name}": value for name, value in initial.items()}
    tensors |= {f"gradient.{name}": value for name, value in gradients.items()}
    for kind, options in (("default", {}), ("fused", {"fused": True})):
        tensors |= {f"{kind}.{name}": value for name, value in train(initial, gradients, **options).items()}
    save_file(tensors, os.path.join(folder, "adamw.safetensors"))
    with open(os.path.join(folder, "adamw.json"), "w") as file:
        json.dump({"steps": STEPS, "groups": GROUPS}, file, indent=2)


def schedule(num_warmup_steps, num_training_steps):
    base_lrs = [3e-5, 1e-3]
    groups = [{"params": [torch.zeros(1)], "lr": lr} for lr in base_lrs]
    optimizer = torch.optim.AdamW(groups)
    scheduler = get_scheduler(
        "linear", optimizer, num_warmup_steps=num_warmup_steps, num_training_steps=num_training_steps
    )
    values = [scheduler.get_last_lr()]
    for _ in range(num_training_steps + 3):
        optimizer.step()
        scheduler.step()
        values.append(scheduler.get_last_lr())
    return {
        "num_warmup_steps": num_warmup_steps,
        "num_training_steps": num_training_steps,
        "base_lrs": base_lrs,
        "values": values,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", required=True)
    folder = parser.parse_args().out
    os.makedirs(folder, exist_ok=True)
    write_adamw(folder)
    with open(os.path.join(folder, "schedule.json"), "w") as file:
        json.dump([schedule(*case) for case in SCHEDULES], file)


if __name__ == "__main__":
    main()

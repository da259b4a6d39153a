"""Steps of Adam, AdamW and SGD as PyTorch takes them.

    oracle_optim.py --out DIR

runs.json: a list; each run has "optimizer", "options" for it, "groups", the options of group a and of group b, "absent", the steps
from 1 on in which a group has no gradient, and whether it is of PyTorch's fused kernel, "fused", or of what PyTorch takes by itself.
runs.safetensors: two parameters, a (3, 4) and b (37), each a group of its own: "initial.a", "gradient.a" (24, 3, 4), and the
parameters after each step of run i, counted from 0: "<i>.a" (24, 3, 4); the same for b. Gradients of steps 11 and 12 are zero.
"""

import argparse
import itertools
import json
import os

import torch
from safetensors.torch import save_file

STEPS = 24
OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
GROUPS = {"a": {}, "b": {"lr": 3e-3, "weight_decay": 0.1}}
ABSENT = {"a": [1, 4, 5], "b": [5, 24]}


def combinations(**options):
    return [dict(zip(options, values)) for values in itertools.product(*options.values())]


def is_possible(options):
    return not options["nesterov"] or (options["momentum"] > 0 and options["dampening"] == 0)


ADAM = [{}] + combinations(
    lr=[1e-2], beta1=[0.9, 0.6], beta2=[0.98], eps=[1e-7], weight_decay=[0, 0.02], amsgrad=[False, True], maximize=[False, True]
)
SGD = [{}] + [
    options
    for options in combinations(
        lr=[1e-2], momentum=[0, 0.9], dampening=[0, 0.3], weight_decay=[0, 0.02], nesterov=[False, True], maximize=[False, True]
    )
    if is_possible(options)
]


def runs():
    """PyTorch's fused SGD cannot step a parameter whose first gradient comes late."""
    for optimizer, all_options in (("adam", ADAM), ("adamw", ADAM), ("sgd", SGD)):
        for options, fused in itertools.product(all_options, (True, False)):
            run = {"optimizer": optimizer, "options": options, "groups": GROUPS, "absent": {}, "fused": fused}
            yield run
            if not fused or optimizer != "sgd":
                yield run | {"absent": ABSENT}


def train(run, initial, gradients):
    """The parameters after each step, stacked, by name."""
    parameters = {name: torch.nn.Parameter(value.clone()) for name, value in initial.items()}
    groups = [{"params": [parameters[name]], **options} for name, options in run["groups"].items()]
    options = dict(run["options"])
    if "beta1" in options:
        options["betas"] = options.pop("beta1"), options.pop("beta2")
    if run["fused"]:
        options["fused"] = True
    optimizer = OPTIMIZERS[run["optimizer"]](groups, **options)
    seen = {name: [] for name in parameters}
    for step in range(STEPS):
        for name, parameter in parameters.items():
            missing = step + 1 in run["absent"].get(name, ())
            parameter.grad = None if missing else gradients[name][step].clone()
        optimizer.step()
        for name, parameter in parameters.items():
            seen[name].append(parameter.detach().clone())
    return {name: torch.stack(values) for name, values in seen.items()}


def write(folder):
    torch.manual_seed(42)
    initial = {"a": torch.randn(3, 4), "b": torch.randn(37)}
    gradients = {name: torch.randn(STEPS, *value.shape) for name, value in initial.items()}
    for gradient in gradients.values():
        gradient[10:12] = 0
    tensors = {f"initial.{name}": value for name, value in initial.items()}
    tensors |= {f"gradient.{name}": value for name, value in gradients.items()}
    for number, run in enumerate(runs()):
        tensors |= {f"{number}.{name}": value for name, value in train(run, initial, gradients).items()}
    save_file(tensors, os.path.join(folder, "runs.safetensors"))
    with open(os.path.join(folder, "runs.json"), "w", encoding="utf-8") as file:
        json.dump(list(runs()), file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", required=True)
    folder = parser.parse_args().out
    os.makedirs(folder, exist_ok=True)
    write(folder)


if __name__ == "__main__":
    main()

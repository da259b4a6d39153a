"""Learning-rate schedules as transformers and PyTorch compute them.

    oracle_schedule.py --out DIR

schedules.json: "lr", the optimizer's own learning rate; "base_lrs", those of its groups; "cases", each with "name", "options" that
were given, and either "values", the learning rates of the groups before the first step and after each, some beyond the end, or
"error", what the reference raised then or on the way. plateau.json: the same, where "metrics" has what each step was given; null is
NaN, and the option "min_lrs" a list given as min_lr.
"""

import argparse
import itertools
import json
import math
import os
import random

import torch
from transformers import get_scheduler

LR = 5e-4
BASE_LRS = [3e-5, 1e-3, 0.7]
BEYOND = 4
STEPS = [(0, 10), (3, 10), (30, 298), (1, 7), (9, 10), (10, 10), (0, 1), (1, 1), (12, 10), (0, 0), (2, 100)]
CURVES = ["linear", "cosine", "1-sqrt"]


def combinations(**options):
    return [dict(zip(options, values)) for values in itertools.product(*options.values())]


FOR_STEPS = {
    "linear": [{}],
    "constant": [{}],
    "constant_with_warmup": [{}],
    "cosine": [{}] + combinations(num_cycles=[0.0, 0.25, 0.5, 1, 2.3]),
    "cosine_with_restarts": [{}] + combinations(num_cycles=[0, 1, 2, 3, 7]),
    "polynomial": [{}] + combinations(lr_end=[0, 1e-5, 4.9e-4], power=[0, 0.5, 1, 2, 3.7]) + [{"lr_end": LR}, {"lr_end": 1}],
    "inverse_sqrt": [{}] + combinations(timescale=[0, 1, 5, 10, 1000]),
    "cosine_with_min_lr": [{}, {"min_lr": 1e-5, "min_lr_rate": 0.1}]
    + combinations(min_lr=[0, 1e-5, 6e-4], num_cycles=[0.5, 1.7])
    + combinations(min_lr_rate=[0, 0.1, 1.5]),
    "cosine_warmup_with_min_lr": [{}, {"min_lr": 1e-5, "min_lr_rate": 0.1}]
    + combinations(min_lr=[0, 1e-5], num_cycles=[0.5, 1.7])
    + combinations(min_lr_rate=[0, 0.1], warmup_lr_rate=[0, 0.3, 1.2]),
    "warmup_stable_decay": [{}]
    + combinations(num_decay_steps=[0, 3, 20], num_stable_steps=[0, 4])
    + combinations(num_decay_steps=[0, 4, 150], warmup_type=CURVES, decay_type=CURVES, min_lr_ratio=[0, 0.1, 1.3])
    + combinations(num_decay_steps=[6], num_cycles=[0.25, 1.5], min_lr_ratio=[0.2])
    + [{"num_decay_steps": 3, "warmup_type": "sqrt"}, {"num_decay_steps": 3, "decay_type": ""}],
}
WITHOUT_TRAINING_STEPS = [
    ("warmup_stable_decay", {"num_warmup_steps": 5, "num_decay_steps": 7, "num_stable_steps": 6}),
    ("warmup_stable_decay", {"num_warmup_steps": 5, "num_decay_steps": 7}),
    ("inverse_sqrt", {"num_warmup_steps": 5}),
    ("constant_with_warmup", {"num_warmup_steps": 5}),
    ("constant", {}),
] + [(name, {"num_warmup_steps": 5}) for name in FOR_STEPS if "cosine" in name or name in ("linear", "polynomial")]

PLATEAU = (
    [{}]
    + combinations(mode=["min", "max"], threshold_mode=["rel", "abs"], threshold=[0, 0.02, -0.05, 0.3], patience=[0, 2], factor=[0.5])
    + combinations(cooldown=[0, 1, 3], patience=[0, 1], min_lr=[0, 1e-4, 0.5], factor=[0, 0.1, 0.97])
    + combinations(eps=[0, 1e-6, 1e-2], patience=[1], min_lrs=[[0, 1e-4, 2.0]])
    + [{"factor": 1}, {"factor": 1.5}, {"mode": "mean"}, {"threshold_mode": ""}, {"min_lrs": [0.1]}, {"min_lrs": [0.1] * 4}]
)


def optimizer():
    return torch.optim.AdamW([{"params": [torch.zeros(1)], "lr": lr} for lr in BASE_LRS], lr=LR)


def learning_rates(opt):
    return [float(group["lr"]) for group in opt.param_groups]


def follow(name, options, last):
    opt = optimizer()
    specific = {key: value for key, value in options.items() if key not in ("num_warmup_steps", "num_training_steps")}
    steps = options.get("num_warmup_steps"), options.get("num_training_steps")
    scheduler = get_scheduler(name, opt, *steps, scheduler_specific_kwargs=specific)
    values = [learning_rates(opt)]
    for _ in range(last + BEYOND):
        opt.step()
        scheduler.step()
        values.append(learning_rates(opt))
    return values


def follow_metrics(options, metrics):
    opt = optimizer()
    specific = {"min_lr" if key == "min_lrs" else key: value for key, value in options.items()}
    scheduler = get_scheduler("reduce_lr_on_plateau", opt, scheduler_specific_kwargs=specific)
    values = [learning_rates(opt)]
    for metric in metrics:
        scheduler.step(metric)
        values.append(learning_rates(opt))
    return values


def case(name, options, function, *arguments):
    try:
        return {"name": name, "options": options, "values": function(*arguments)}
    except (ValueError, TypeError, ZeroDivisionError) as error:
        return {"name": name, "options": options, "error": str(error)}


def schedule_cases():
    for name, specific in FOR_STEPS.items():
        for options, (warmup, training) in itertools.product(specific, STEPS):
            given = {"num_warmup_steps": warmup, "num_training_steps": training, **options}
            yield case(name, given, follow, name, given, max(warmup, training))
    for name, options in WITHOUT_TRAINING_STEPS:
        yield case(name, options, follow, name, options, 20)


def metric_lists():
    """Improving, worsening, the same, noisy, and with what is not a number."""
    numbers = random.Random(7)
    noisy = [1 / (1 + step / 5) + numbers.gauss(0, 0.1) for step in range(40)]
    yield noisy
    yield [-metric for metric in noisy]
    yield [0.5] * 15
    yield [1, 0.9, math.nan, math.nan, 0.8, math.nan, 0.7, 0.7, 0.7, 0, 0, -1, -1.01, 0, 0]


def plateau_cases():
    for options, metrics in itertools.product(PLATEAU, metric_lists()):
        found = case("reduce_lr_on_plateau", options, follow_metrics, options, metrics)
        yield found | {"metrics": [None if math.isnan(metric) else metric for metric in metrics]}


def write(folder, name, cases):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump({"lr": LR, "base_lrs": BASE_LRS, "cases": list(cases)}, file, allow_nan=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", required=True)
    folder = parser.parse_args().out
    os.makedirs(folder, exist_ok=True)
    write(folder, "schedules.json", schedule_cases())
    write(folder, "plateau.json", plateau_cases())


if __name__ == "__main__":
    main()

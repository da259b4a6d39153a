"""Whole epochs of fine-tuning on both sides, with examples/text_classification and its reference."""

import json
import os
import statistics

import programs
from table import make_row

SEEDS = (42, 7, 1)
MINIMUM_ACCURACY = 0.82
ACCURACY_TOLERANCE = 0.01


def run_epoch(args, side, seed, ranks):
    """(held-out accuracy, seconds of all steps) of one epoch at batch 32 on each rank."""
    metrics = os.path.join(args.build, f"bench_epoch_{side}_{ranks}_{seed}.jsonl")
    if side == "reference":
        program = os.path.join(programs.PARITY, "reference.py")
    else:
        program = os.path.join(args.build, "examples", "text_classification")
    options = ["--cpu", "--model", args.model, "--data", args.data, "--batch_size", "32"]
    options += ["--seed", str(seed), "--metrics", metrics]
    programs.execute(programs.on_ranks(args, side, ranks, program, options), ranks)
    with open(metrics) as file:
        lines = [json.loads(line) for line in file]
    return lines[-1]["accuracy"], sum(line["seconds"] for line in lines if "seconds" in line)


def run_seeds(args, seeds, ranks):
    """Accuracies and seconds, each (the reference's, accel's), both sides taking turns."""
    accuracies, seconds = ([], []), ([], [])
    for seed in seeds:
        for number, side in enumerate(("reference", "accel")):
            accuracy, lasted = run_epoch(args, side, seed, ranks)
            accuracies[number].append(accuracy)
            seconds[number].append(lasted)
    return accuracies, seconds


def epoch_rows(args):
    accuracy, seconds = run_seeds(args, SEEDS[:1], 1)
    accuracy2, seconds2 = run_seeds(args, SEEDS, 2)
    return [
        make_row("accuracy after one epoch", "", accuracy, statistics.mean, "least", MINIMUM_ACCURACY),
        make_row("steps of one epoch", "s", seconds, statistics.mean, "x", None),
        make_row(f"2 ranks: accuracy, {len(SEEDS)} seeds", "", accuracy2, statistics.mean, "apart", ACCURACY_TOLERANCE),
        make_row("2 ranks: steps of one epoch", "s", seconds2, statistics.mean, "x", None),
    ]

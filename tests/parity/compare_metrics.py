"""Compare two metrics files step by step; the exit status is the verdict.

    compare_metrics.py A B --steps N [--tolerance 1e-4] [--lr_tolerance 1e-9] [--norm_tolerance 1e-3]

A is the reference. Both must hold the steps 1 to N, in order, with the same epochs; loss and loss_mean agree within --tolerance,
lr within --lr_tolerance and grad_norm, where the reference has one, within --norm_tolerance, relative to the reference. Evaluations that A has up to step N, B has too: after the same steps, of as many
samples, with an accuracy that differs by one sample at most. Prints the worst difference of each and where it is.
"""

import argparse
import json
import math
import sys


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("reference")
    parser.add_argument("candidate")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--lr_tolerance", type=float, default=1e-9)
    parser.add_argument("--norm_tolerance", type=float, default=1e-3)
    return parser.parse_args()


def read(path, count):
    """The lines of the first `count` optimizer steps, and those of the evaluations up to there."""
    with open(path) as file:
        lines = [json.loads(line) for line in file if line.strip()]
    steps = [line for line in lines if "loss" in line][:count]
    if [line["step"] for line in steps] != list(range(1, count + 1)):
        sys.exit(f"{path}: the steps are not 1 to {count}, {len(steps)} found")
    return steps, [line for line in lines if "accuracy" in line and line["step"] <= count]


def relative(reference, candidate):
    """Relative difference; what is not a finite number differs infinitely."""
    numbers = (reference, candidate)
    if not all(isinstance(value, (int, float)) and math.isfinite(value) for value in numbers):
        return math.inf
    if reference == candidate:
        return 0.0
    return abs(candidate - reference) / abs(reference) if reference else math.inf


def compare_steps(args, reference, candidate):
    good = True
    keys = [("loss", args.tolerance), ("loss_mean", args.tolerance), ("lr", args.lr_tolerance)]
    if reference[0].get("grad_norm") is not None:
        keys.append(("grad_norm", args.norm_tolerance))
    for key, tolerance in keys:
        differences = [relative(a.get(key), b.get(key)) for a, b in zip(reference, candidate)]
        worst = max(range(args.steps), key=lambda i: differences[i])
        passed = differences[worst] <= tolerance
        good = good and passed
        print(
            f"{'ok  ' if passed else 'FAIL'} {key:<9} worst relative difference {differences[worst]:.2e} of {tolerance:.0e}"
            f" at step {worst + 1}: {reference[worst].get(key)} and {candidate[worst].get(key)}"
        )
    if [line["epoch"] for line in reference] != [line["epoch"] for line in candidate]:
        print("FAIL epoch     the steps are not in the same epochs")
        good = False
    return good


def compare_evaluations(reference, candidate):
    good = True
    for number, there in enumerate(reference):
        here = candidate[number] if number < len(candidate) else {}
        same = all(here.get(key) == there[key] for key in ("step", "epoch", "samples"))
        passed = same and abs(here["accuracy"] - there["accuracy"]) * there["samples"] < 1.5
        good = good and passed
        print(f"{'ok  ' if passed else 'FAIL'} accuracy  after step {there['step']}: {there} and {here}")
    return good


def main():
    args = parse_arguments()
    if args.steps < 1:
        sys.exit("nothing to compare: --steps must be positive")
    (reference, reference_evaluations), (candidate, evaluations) = (
        read(path, args.steps) for path in (args.reference, args.candidate)
    )
    good = compare_steps(args, reference, candidate)
    good &= compare_evaluations(reference_evaluations, evaluations)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

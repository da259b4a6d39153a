"""Compare the C programs with Hugging Face Accelerate on this machine, both sides taking turns in one run.

    run.py --model DIR --data FILE [--build build] [--rounds 5] [--skip_epoch]

Each round runs every program of both sides once, the side that goes first changing from round to round; a figure is the median
over the rounds. Last comes one full epoch each, for the accuracy (--skip_epoch leaves it out). Prints a table, writes all figures
to BUILD/bench.json, and exits with 1 when a required value is missed.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REFERENCE_EPOCH = os.path.join(HERE, "..", "tests", "parity", "reference.py")

LARGE = ["--batch", "32", "--tokens", "32", "--steps", "10"]
SMALL = ["--batch", "2", "--tokens", "16", "--steps", "40"]
FIRST = ["--batch", "2", "--tokens", "16", "--steps", "1", "--warmup", "0"]

# name, program, its options, the figure, its unit and scale, the required value: "x" is how many times ours the reference's figure
# is at least, "%" how much of the reference's figure ours is at most.
FIGURES = [
    ("step 32 x 32", "step", LARGE, "median_s", "ms", 1e3, "x", 1.15),
    ("step 2 x 16", "step", SMALL, "median_s", "ms", 1e3, "x", 2.0),
    ("mlp step and loader", "mlp", [], "median_s", "us", 1e6, "x", 5.0),
    ("exec to first step 2 x 16", "step", FIRST, "first_step_s", "ms", 1e3, "x", 4.0),
    ("peak memory 32 x 32", "step", LARGE, "peak_rss_mib", "MiB", 1, "%", 70.0),
]
MINIMUM_ACCURACY = 0.82


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--build", default="build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--skip_epoch", action="store_true")
    return parser.parse_args()


def command(args, side, program, options):
    if program == "step":
        options = ["--model", args.model, *options]
    if side == "reference":
        return [sys.executable, os.path.join(HERE, f"reference_{program}.py"), *options]
    return [os.path.join(args.build, "benchmarks", f"bench_{program}"), *options]


def run(argv):
    """The JSON line that a program prints last, by its own start time."""
    environment = {**os.environ, "ACCEL_BENCH_START": repr(time.monotonic())}
    done = subprocess.run(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def measure(args):
    """Every line printed, by (side, program, options)."""
    jobs = []
    for _, program, options, *_ in FIGURES:
        if (program, options) not in jobs:
            jobs.append((program, options))
    lines = {}
    for number in range(args.rounds):
        sides = ("reference", "accel") if number % 2 == 0 else ("accel", "reference")
        for program, options in jobs:
            for side in sides:
                line = run(command(args, side, program, options))
                lines.setdefault((side, program, tuple(options)), []).append(line)
        print(f"round {number + 1} of {args.rounds}", file=sys.stderr, flush=True)
    return lines


def make_row(figure, lines):
    name, program, options, key, unit, scale, kind, required = figure
    runs = {
        side: [line[key] * scale for line in lines[(side, program, tuple(options))]] for side in ("reference", "accel")
    }
    reference, accel = (statistics.median(runs[side]) for side in ("reference", "accel"))
    value = reference / accel if kind == "x" else 100 * accel / reference
    return {
        "name": name,
        "unit": unit,
        "reference": reference,
        "accel": accel,
        "ratio": value,
        "kind": kind,
        "required": required,
        "passed": value >= required if kind == "x" else value <= required,
        "runs": runs,
    }


def run_epoch(args, side):
    """(accuracy, seconds of all steps) of one full epoch at batch 32."""
    metrics = os.path.join(args.build, f"bench_epoch_{side}.jsonl")
    program = {
        "reference": [sys.executable, REFERENCE_EPOCH],
        "accel": [os.path.join(args.build, "examples", "text_classification")],
    }[side]
    argv = [*program, "--cpu", "--model", args.model, "--data", args.data, "--batch_size", "32", "--metrics", metrics]
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stderr[-2000:]}")
    with open(metrics) as file:
        lines = [json.loads(line) for line in file]
    return lines[-1]["accuracy"], sum(line["seconds"] for line in lines if "seconds" in line)


def epoch_rows(args):
    (accuracy_there, seconds_there), (accuracy_here, seconds_here) = (
        run_epoch(args, side) for side in ("reference", "accel")
    )
    accuracy = {
        "name": "accuracy after one epoch",
        "unit": "",
        "reference": accuracy_there,
        "accel": accuracy_here,
        "ratio": accuracy_here,
        "kind": "",
        "required": MINIMUM_ACCURACY,
        "passed": accuracy_here >= MINIMUM_ACCURACY,
    }
    epoch = {
        "name": "steps of one epoch",
        "unit": "s",
        "reference": seconds_there,
        "accel": seconds_here,
        "ratio": seconds_there / seconds_here,
        "kind": "x",
        "required": None,
        "passed": True,
    }
    return [accuracy, epoch]


def print_table(rows):
    print(f"{'':<27}{'reference':>13}{'accel':>13}{'ratio':>9}{'required':>11}")
    for row in rows:
        digits = 4 if row["unit"] == "" else 1
        sides = [f"{row[side]:.{digits}f} {row['unit']}".strip() for side in ("reference", "accel")]
        ratio = f"{row['ratio']:.2f} {row['kind']}".strip()
        bound = "<=" if row["kind"] == "%" else ">="
        required = "" if row["required"] is None else f"{bound} {row['required']:g}"
        verdict = "" if row["passed"] else "  MISSED"
        print(f"{row['name']:<27}{sides[0]:>13}{sides[1]:>13}{ratio:>9}{required:>11}{verdict}")


def main():
    args = parse_arguments()
    lines = measure(args)
    rows = [make_row(figure, lines) for figure in FIGURES]
    if not args.skip_epoch:
        rows += epoch_rows(args)
    print_table(rows)
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count(), "rounds": args.rounds}
    with open(os.path.join(args.build, "bench.json"), "w") as file:
        json.dump({"machine": machine, "rows": rows}, file, indent=2)
        file.write("\n")
    return 0 if all(row["passed"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

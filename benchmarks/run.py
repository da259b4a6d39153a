"""Compare the C programs with Hugging Face Accelerate on this machine, both sides taking turns in one run.

    run.py --model DIR --data FILE [--build build] [--rounds 5] [--skip_epoch]

Each round runs every program of both sides once, the side that goes first changing from round to round; a figure is the median
over the rounds. Two ranks share the cores of this machine: each has half of them, on both sides. Last come whole epochs, for the
accuracy (--skip_epoch leaves them out). Prints a table, writes all figures to BUILD/bench.json, and exits with 1 when a required
value is missed.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from typing import NamedTuple

from epochs import epoch_rows
from launches import run_launch
from programs import Job, run_job
from table import make_row, print_table

LARGE = ("--batch", "32", "--tokens", "32", "--steps", "10")
SMALL = ("--batch", "2", "--tokens", "16", "--steps", "40")
FIRST = ("--batch", "2", "--tokens", "16", "--steps", "1", "--warmup", "0")
LAUNCH = "launch"  # not a program of its own


def both(*job):
    return Job("reference", *job), Job("accel", *job)


class Figure(NamedTuple):
    """One line of the table: what two jobs print under `key`, the reference's first; `kind` and `required` as in table.py."""

    name: str
    jobs: tuple
    key: str
    unit: str
    scale: float
    kind: str
    required: float


FIGURES = [
    Figure("step 32 x 32", both("step", LARGE), "median_s", "ms", 1e3, "x", 1.15),
    Figure("step 2 x 16", both("step", SMALL), "median_s", "ms", 1e3, "x", 2.0),
    Figure("mlp step and loader", both("mlp"), "median_s", "us", 1e6, "x", 5.0),
    Figure("exec to first step 2 x 16", both("step", FIRST), "first_step_s", "ms", 1e3, "x", 4.0),
    Figure("peak memory 32 x 32", both("step", LARGE), "peak_rss_mib", "MiB", 1, "%", 70.0),
    Figure("step 32 x 32 in bf16", both("step", LARGE, 1, "bf16"), "median_s", "ms", 1e3, "x", 1.0),
    Figure("tiny step, everything", both("facade"), "facade_s", "us", 1e6, "x", 5.0),
    Figure("tiny step, the facade's part", both("facade"), "cost_s", "us", 1e6, "x", 10.0),
    Figure("loader, a batch in memory", both("loader"), "batch_s", "us", 1e6, "x", 2.0),
    Figure("loader, a sentence in tokens", both("loader"), "sentence_s", "us", 1e6, "x", None),
    Figure("clip 63 M by norm", both("clip"), "norm_s", "ms", 1e3, "x", None),
    Figure("clip 63 M by value", both("clip"), "value_s", "ms", 1e3, "x", None),
    Figure("save_model 91 MB", both("state"), "save_model_s", "ms", 1e3, "x", None),
    Figure("save_model, 4 files", both("state"), "save_shards_s", "ms", 1e3, "x", None),
    Figure("load_checkpoint_in_model", both("state"), "load_checkpoint_s", "ms", 1e3, "x", 5.0),
    Figure("load_checkpoint_in_model, 4 files", both("state"), "load_shards_s", "ms", 1e3, "x", 5.0),
    Figure("save_state 272 MB", both("state"), "save_state_s", "ms", 1e3, "x", None),
    Figure("load_state", both("state"), "load_state_s", "ms", 1e3, "x", None),
    Figure("launch adds", both(LAUNCH), "added_s", "ms", 1e3, "x", 100.0),
    Figure("launch --help", both(LAUNCH), "help_s", "ms", 1e3, "x", 100.0),
    Figure("launch adds, at most", both(LAUNCH), "added_s", "ms", 1e3, "most", 10.0),
    Figure("2 ranks: step 32 x 32 each", both("step", LARGE, 2), "median_s", "ms", 1e3, "x", 1.1),
    Figure("2 ranks: peak memory of one", both("step", LARGE, 2), "peak_rss_mib", "MiB", 1, "%", 70.0),
    Figure("2 ranks: wait for a read batch", both("loader", (), 2), "wait_s", "us", 1e6, "x", 5.0),
    Figure("2 ranks: the same, at most", both("loader", (), 2), "wait_s", "us", 1e6, "most", 240.0),
    Figure("2 ranks: gather a number", both("collective", (), 2), "gather_s", "us", 1e6, "x", 1.0),
    Figure("2 ranks: reduce a number", both("collective", (), 2), "reduce_s", "us", 1e6, "x", None),
    Figure("2 ranks: gather a MiB", both("collective", (), 2), "gather_large_s", "us", 1e6, "x", None),
    Figure("2 ranks: reduce a MiB", both("collective", (), 2), "reduce_large_s", "us", 1e6, "x", None),
    Figure("2 ranks: barrier", both("collective", (), 2), "barrier_s", "us", 1e6, "x", None),
]
OVERLAP = Job("accel", "overlap", LARGE, 2)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--build", default="build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--skip_epoch", action="store_true")
    return parser.parse_args()


def measure(args):
    """The results of every job, one a round."""
    jobs = list(dict.fromkeys(job for figure in FIGURES for job in figure.jobs)) + [OVERLAP]
    results = {job: [] for job in jobs}
    with tempfile.NamedTemporaryFile(suffix=".py") as empty_script:
        for number in range(args.rounds):
            for job in jobs if number % 2 == 0 else reversed(jobs):
                if job.program == LAUNCH:
                    results[job].append(run_launch(args, job.side, empty_script.name))
                else:
                    results[job].append(run_job(args, job))
            print(f"round {number + 1} of {args.rounds}", file=sys.stderr, flush=True)
    return results


def figure_row(figure, results):
    runs = [[result[figure.key] * figure.scale for result in results[job]] for job in figure.jobs]
    return make_row(figure.name, figure.unit, runs, statistics.median, figure.kind, figure.required)


def overlap_row(results):
    """Both columns are accel's: gradients reduced after backward, and while it runs."""
    runs = [[result[key] * 1e3 for result in results[OVERLAP]] for key in ("after_s", "overlap_s")]
    return make_row("2 ranks: reduce after, overlap", "ms", runs, statistics.median, "x", 1.05)


def pair_row(name, unit, scale, first, second, results, kind, required):
    """Two figures that need not be the same of two jobs: each (job, key)."""
    runs = [[result[key] * scale for result in results[job]] for job, key in (first, second)]
    return make_row(name, unit, runs, statistics.median, kind, required)


def state_rows(results):
    """What the reference does not do, its files synced, and cp, beside what is done here."""
    ours, reference = Job("accel", "state"), Job("reference", "state")
    pairs = [
        ("save_state, both on the disk", (reference, "synced_s"), (ours, "save_state_s"), None),
        ("save_state, for which training stops", (reference, "save_state_s"), (ours, "async_stop_s"), 1.0),
        ("save_state, on the disk meanwhile", (reference, "synced_s"), (ours, "async_s"), None),
        ("cp and sync, save_state", (ours, "copy_synced_s"), (ours, "save_state_s"), None),
        ("cp, load_state", (ours, "copy_s"), (ours, "load_state_s"), None),
    ]
    return [pair_row(name, "ms", 1e3, *both, results, "x", required) for name, *both, required in pairs]


def memory_row(name, what, results):
    """Both columns are accel's: what memory needs for the bytes, and the call."""
    job = Job("accel", "clip")
    return pair_row(name, "ms", 1e3, (job, f"{what}_memory_s"), (job, f"{what}_s"), results, "%", 150.0)


def bare_row(name, what, results):
    """The reference's column is its transport alone, which compares nothing before it moves data."""
    reference, accel = both("collective", (), 2)
    return pair_row(name, "us", 1e6, (reference, f"bare_{what}_s"), (accel, f"{what}_s"), results, "x", None)


def main():
    args = parse_arguments()
    results = measure(args)
    rows = [figure_row(figure, results) for figure in FIGURES]
    rows += [
        memory_row("clip by norm: memory, call", "norm", results),
        memory_row("clip by value: memory, call", "value", results),
        bare_row("2 ranks: gather, none compared", "gather", results),
        bare_row("2 ranks: reduce, none compared", "reduce", results),
        overlap_row(results),
        *state_rows(results),
    ]
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

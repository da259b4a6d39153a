"""How a benchmark's programs are started: those of the reference, and those of accel."""

import json
import os
import subprocess
import sys
import time
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))
PARITY = os.path.join(HERE, "..", "tests", "parity")
REFERENCE_LAUNCHER = [sys.executable, os.path.join(PARITY, "ranks.py")]


class Job(NamedTuple):
    """A run of benchmarks/bench_PROGRAM, or of its reference, on a number of ranks."""

    side: str
    program: str
    options: tuple = ()
    ranks: int = 1
    precision: str = "no"


def on_ranks(args, side, ranks, script_or_program, options):
    """The command that runs a script of the reference, or a program of accel, on so many ranks."""
    if side == "reference":
        launcher = [*REFERENCE_LAUNCHER, str(ranks)] if ranks > 1 else [sys.executable]
    else:
        launcher = [accelerate(args), "launch", "--cpu", "--num_processes", str(ranks)] if ranks > 1 else []
    return [*launcher, script_or_program, *options]


def accelerate(args):
    return os.path.join(args.build, "bin", "accelerate")


def environment(ranks, precision="no"):
    """Several ranks share the cores, on both sides alike."""
    threads = {"OMP_NUM_THREADS": str(max(1, len(os.sched_getaffinity(0)) // ranks))} if ranks > 1 else {}
    return {**threads, **os.environ, "ACCELERATE_MIXED_PRECISION": precision, "ACCEL_BENCH_START": repr(time.monotonic())}


def execute(argv, ranks=1, precision="no"):
    """What a program prints."""
    done = subprocess.run(argv, env=environment(ranks, precision), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def run_job(args, job):
    """The JSON line that a job prints last."""
    options = ["--model", args.model, *job.options] if job.program in ("step", "overlap", "loader", "state") else job.options
    options = [*options, "--data", args.data] if job.program == "loader" else options
    if job.side == "reference":
        program = os.path.join(HERE, f"reference_{job.program}.py")
    else:
        program = os.path.join(args.build, "benchmarks", f"bench_{job.program}")
    command = on_ranks(args, job.side, job.ranks, program, options)
    return json.loads(execute(command, job.ranks, job.precision).strip().splitlines()[-1])

"""What a launcher adds to an empty program: the time of `accelerate launch PROGRAM` less that of PROGRAM; and how long its help takes."""

import statistics
import sys
import time

import programs

REFERENCE_OPTIONS = ["--cpu", "--num_processes", "1", "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
REPEATS = {"reference": 1, "accel": 20}


def seconds(argv):
    begin = time.monotonic()
    programs.execute(argv)
    return time.monotonic() - begin


def commands(args, side, empty_script):
    """The launch of the empty program, and the program."""
    if side == "reference":
        launcher = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch", *REFERENCE_OPTIONS]
        return [*launcher, empty_script], [sys.executable, empty_script]
    return [programs.accelerate(args), "launch", "--cpu", "/bin/true"], ["/bin/true"]


def run_launch(args, side, empty_script):
    """{"added_s", "help_s"}: medians of some launches, as many runs of the program and of --help taking turns with them."""
    launch, program = commands(args, side, empty_script)
    help_ = [*launch[: launch.index("launch") + 1], "--help"]
    times = [(seconds(launch), seconds(program), seconds(help_)) for _ in range(REPEATS[side])]
    launched, alone, helped = (statistics.median(column) for column in zip(*times))
    return {"added_s": launched - alone, "help_s": helped}

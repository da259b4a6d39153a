"""What happens inside the training loop, as Accelerate does it with the same model and data: accumulation and clipping, bf16, fp16.

    oracle_loop.py --model DIR --data FILE --out DIR [--steps 4] [--runs accumulated bf16 half]

Written under --out:
  start/                         a start checkpoint, with dropout 0.1
  options_RUN                    the options of each of --runs, for either side, in one line
  losses_RUN_1.jsonl             its metrics in one process
  losses_RUN_2.jsonl             and on two ranks; none for half, which takes minutes
  oracle.json                    the options of the runs, versions

Half precision is what Accelerate does on a GPU, on the CPU; see reference.py. Most processors have no products of that type.
"""

import json
import os
import subprocess
import sys
import time

os.environ.setdefault("TQDM_DISABLE", "1")

import ranks
import reference
import torch
import transformers
from oracle_parity import check_split, make_parser, reference_arguments, write_start

RANKS = 2
FEW_HELD_OUT = 5000  # every so many: nobody compares evaluations here
RUNS = {
    "accumulated": {
        "gradient_accumulation_steps": 4,
        "batch_size": 8,
        "max_grad_norm": 0.5,
        "scheduler": "cosine",
        "num_warmup_steps": 2,
    },
    "bf16": {"mixed_precision": "bf16", "clip_value": 0.01},
    "half": {"mixed_precision": "fp16", "batch_size": 2, "max_length": 16, "max_grad_norm": 0.5},
}


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=list(RUNS))
    parser.set_defaults(steps=4)
    return parser.parse_args()


def options_of(args, run):
    return RUNS[run] | {"max_steps": args.steps, "holdout_every": FEW_HELD_OUT}


def train(args, run, processes):
    metrics = os.path.join(args.out, f"losses_{run}_{processes}.jsonl")
    start = os.path.join(args.out, "start")
    reference.train(
        reference_arguments(start, args.data, metrics=metrics, **options_of(args, run)), evaluation=False
    )


def write_options(args, run):
    with open(os.path.join(args.out, f"options_{run}"), "w") as file:
        file.write(" ".join(f"--{name} {value}" for name, value in options_of(args, run).items()) + "\n")


def main():
    args = parse_arguments()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    shared = [run for run in args.runs if run != "half"]
    if "RANK" in os.environ:
        for run in shared:
            train(args, run, RANKS)
        return
    begin = time.perf_counter()
    os.makedirs(args.out, exist_ok=True)
    check_split(reference_arguments(args.model, args.data))
    write_start(reference_arguments(args.model, args.data), 0.1, os.path.join(args.out, "start"))
    for run in args.runs:
        write_options(args, run)
        train(args, run, 1)
    if shared:
        subprocess.run(ranks.command(RANKS, __file__, sys.argv[1:]), env=ranks.environment(RANKS), check=True)
    facts = {
        "steps": args.steps,
        "runs": {run: RUNS[run] for run in args.runs},
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "accelerate": reference.accelerate.__version__,
        "seconds": round(time.perf_counter() - begin, 1),
    }
    with open(os.path.join(args.out, "oracle.json"), "w") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")
    print(f"{args.out}: {len(args.runs)} runs of {args.steps} steps in {facts['seconds']} s")


if __name__ == "__main__":
    main()

"""What the C library must reproduce of a fine-tuning run on two ranks, computed by reference.py on the CPU.

    oracle_two_ranks.py --model DIR --data FILE --out DIR [--steps 5] [--runs start_dropout01 epochs]

Written under --out:
  start_dropout0/, start_dropout01/        start checkpoints, as those of oracle_parity.py
  losses_RUN.jsonl                         the main process's metrics of each of --runs:
    start_dropout0, start_dropout01          --steps steps from the start checkpoint of that name,
    plain                                    the same from --model itself,
    epochs                                   two short epochs of three steps from --model, each with its evaluation; the ranks
                                             share six batches to train on, the last of them not full, and three to evaluate
  gradients_joined.safetensors             gradient of every parameter, by name, after the first backward of one process from
                                           start_dropout0/ on a batch of 64, which joins the first batches of 32 of two ranks
  oracle.json                              the options of the runs, versions

The two ranks are started by ranks.py, and each executes this script again.
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
BATCH_SIZE = 32
RUNS = ("start_dropout0", "start_dropout01", "plain", "epochs")
SHORT_EPOCHS = {"epochs": 2, "max_train_samples": 170, "holdout_every": 120}


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=["start_dropout01", "epochs"])
    return parser.parse_args()


def train(args, run):
    """One of the runs, on this rank."""
    model = os.path.join(args.out, run) if run.startswith("start_") else args.model
    options = SHORT_EPOCHS if run == "epochs" else {"max_steps": args.steps}
    metrics = os.path.join(args.out, f"losses_{run}.jsonl")
    reference.train(
        reference_arguments(model, args.data, metrics=metrics, **options),
        evaluation=run == "epochs",
    )


def write_joined_gradients(args):
    options = {"batch_size": RANKS * BATCH_SIZE, "max_steps": 1}
    gradients = os.path.join(args.out, "gradients_joined.safetensors")
    start = os.path.join(args.out, "start_dropout0")
    reference.train(reference_arguments(start, args.data, gradients=gradients, **options), evaluation=False)


def write_facts(args, options, seconds):
    facts = {
        "ranks": RANKS,
        "steps": args.steps,
        "runs": args.runs,
        "short_epochs": SHORT_EPOCHS,
        "options": {key: value for key, value in vars(options).items() if key not in ("model", "data")},
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "accelerate": reference.accelerate.__version__,
        "seconds": round(seconds, 1),
    }
    with open(os.path.join(args.out, "oracle.json"), "w") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")


def main():
    args = parse_arguments()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if "RANK" in os.environ:
        for run in args.runs:
            train(args, run)
        return
    begin = time.perf_counter()
    os.makedirs(args.out, exist_ok=True)
    options = reference_arguments(args.model, args.data)
    check_split(options)
    for name, dropout in (("start_dropout0", 0.0), ("start_dropout01", 0.1)):
        write_start(reference_arguments(args.model, args.data), dropout, os.path.join(args.out, name))
    subprocess.run(ranks.command(RANKS, __file__, sys.argv[1:]), env=ranks.environment(RANKS), check=True)
    write_joined_gradients(args)
    write_facts(args, options, time.perf_counter() - begin)
    print(f"{args.out}: {len(args.runs)} runs on {RANKS} ranks")


if __name__ == "__main__":
    main()

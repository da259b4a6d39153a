"""What the C library must reproduce of a fine-tuning run, computed by reference.py on the CPU.

    oracle_parity.py --model DIR --data FILE --out DIR [--steps 5]

Written under --out:
  start_dropout0/, start_dropout01/        the same start checkpoint: pretrained encoder, classifier head drawn with seed 42; the
                                           dropouts (all of them 0, all of them 0.1) are in config.json
  losses_start_dropout0.jsonl              metrics of the first --steps steps of training from each of them,
  losses_start_dropout01.jsonl
  losses_plain.jsonl                       and from --model itself, whose head the run draws
  gradients_dropout0.safetensors           gradient of every parameter, by name, after the first backward of the two runs that
  gradients_dropout01.safetensors          begin at a start checkpoint; those of the key biases are zero but for rounding, about
                                           1e-11, since softmax does not see a constant: they have no digits to compare
  logits_start.safetensors                 logits of the start checkpoint, in eval mode, on the first 64 held-out sentences in one
                                           batch, with its input_ids, attention_mask, token_type_ids and labels
  oracle.json                              the options of the runs, sizes, versions

Every run uses reference.py's default options and --max_steps STEPS, so its schedule ends at STEPS: the short form
is enough to see a wrong order, mask or draw, 50 steps are the long comparison.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TQDM_DISABLE", "1")

import reference
import torch
import transformers
from safetensors.torch import save_file

SENTENCES = 64


def make_parser(description):
    """What every oracle of this folder is told."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=5)
    return parser


def reference_arguments(model, data, **options):
    argv = ["--cpu", "--model", model, "--data", data]
    for name, value in options.items():
        argv += [f"--{name}", str(value)]
    return reference.parse_arguments(argv)


def check_split(args):
    """The reviews file splits into the numbers that everything here relies on."""
    train, held_out = reference.split_rows(args)
    sizes = (len(train[0]), len(held_out[0]))
    assert sizes == (9511, 1057), f"{args.data}: {sizes[0]} rows to train on and {sizes[1]} held out"
    return sizes


def write_start(args, dropout, folder):
    args.dropout = dropout
    reference.set_seed(args.seed)
    reference.load_model(args).save_pretrained(folder)
    reference.AutoTokenizer.from_pretrained(args.model).save_pretrained(folder)


def held_out_batch(args, tokenizer, sentences=SENTENCES):
    """The first held-out sentences as one padded batch, labels included."""
    _, (texts, labels) = reference.split_rows(args)
    samples = reference.encode(tokenizer, texts[:sentences], labels[:sentences], args.max_length)
    return tokenizer.pad(samples, padding="longest", return_tensors="pt")


def write_logits(args, path):
    model = reference.load_model(args).eval()
    batch = held_out_batch(args, reference.AutoTokenizer.from_pretrained(args.model))
    with torch.no_grad():
        logits = model(**batch).logits
    save_file({"logits": logits, **batch}, path)


def main():
    args = make_parser(__doc__).parse_args()
    begin = time.perf_counter()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    os.makedirs(args.out, exist_ok=True)

    def path(name):
        return os.path.join(args.out, name)

    plain = reference_arguments(args.model, args.data)
    train_samples, held_out_samples = check_split(plain)
    for name, dropout in (("dropout0", 0.0), ("dropout01", 0.1)):
        write_start(plain, dropout, path(f"start_{name}"))
        run = reference_arguments(
            path(f"start_{name}"),
            args.data,
            max_steps=args.steps,
            metrics=path(f"losses_start_{name}.jsonl"),
            gradients=path(f"gradients_{name}.safetensors"),
        )
        reference.train(run, evaluation=False)
    write_logits(run, path("logits_start.safetensors"))
    run = reference_arguments(args.model, args.data, max_steps=args.steps, metrics=path("losses_plain.jsonl"))
    reference.train(run, evaluation=False)

    facts = {
        "steps": args.steps,
        "options": {key: value for key, value in vars(run).items() if key not in ("model", "data", "metrics")},
        "train_samples": train_samples,
        "held_out_samples": held_out_samples,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "accelerate": reference.accelerate.__version__,
        "seconds": round(time.perf_counter() - begin, 1),
    }
    with open(path("oracle.json"), "w") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")
    print(f"{args.out}: three runs of {args.steps} steps in {facts['seconds']} s")


if __name__ == "__main__":
    main()

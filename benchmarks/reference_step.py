"""A training step of a sequence classifier with Hugging Face Accelerate, timed: the reference of bench_step.

    reference_step.py --model DIR [--batch 32] [--tokens 32] [--steps 10] [--warmup 3]

The batch is fixed: random ids, every token attended to, so nothing but the loop is timed. The main process prints one JSON line:
median_s of a step after the warm-up, peak_rss_mib of the process, and first_step_s: from the start of the process to the end of its
first step, when ACCEL_BENCH_START holds the time of CLOCK_MONOTONIC, in seconds, at which it was started (null otherwise).
"""

import argparse
import json
import os
import resource
import statistics
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from accelerate import Accelerator
from torch.optim import AdamW
from transformers import AutoModelForSequenceClassification, get_scheduler


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=3)
    return parser.parse_args()


def make_batch(batch, tokens):
    shape = (batch, tokens)
    return {
        "input_ids": torch.randint(1000, 30000, shape),
        "token_type_ids": torch.zeros(shape, dtype=torch.long),
        "attention_mask": torch.ones(shape, dtype=torch.long),
        "labels": torch.randint(0, 2, (batch,)),
    }


def main():
    args = parse_arguments()
    count = args.warmup + args.steps
    torch.manual_seed(42)
    accelerator = Accelerator(cpu=True)
    model = AutoModelForSequenceClassification.from_pretrained(args.model, num_labels=2)
    optimizer = AdamW(model.parameters(), lr=3e-5)
    scheduler = get_scheduler("linear", optimizer, num_warmup_steps=0, num_training_steps=count)
    model, optimizer, scheduler = accelerator.prepare(model, optimizer, scheduler)
    batch = make_batch(args.batch, args.tokens)

    model.train()
    seconds, first_step = [], None
    for _ in range(count):
        begin = time.monotonic()
        outputs = model(**batch)
        loss = outputs.loss
        accelerator.backward(loss)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        end = time.monotonic()
        seconds.append(end - begin)
        first_step = first_step or end

    if not accelerator.is_main_process:
        return
    start = os.environ.get("ACCEL_BENCH_START")
    result = {
        "name": "step",
        "batch": args.batch,
        "tokens": args.tokens,
        "median_s": statistics.median(seconds[args.warmup :]),
        "first_step_s": first_step - float(start) if start else None,
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "loss": loss.item(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()

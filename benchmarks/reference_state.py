"""Weights and states of a classifier with its optimizer, to the disk and back with Accelerate, timed: the reference of bench_state.

Prints one JSON line, medians, as bench_state does. What the reference saves is not synced; synced_s: save_state and a sync of its files.
"""

import argparse
import json
import os
import statistics
import tempfile
import time

import torch
from accelerate import Accelerator, load_checkpoint_in_model
from transformers import AutoModelForSequenceClassification

ROUNDS = 5


def measure(call):
    times = []
    for _ in range(ROUNDS + 1):
        begin = time.monotonic()
        call()
        times.append(time.monotonic() - begin)
    return statistics.median(times[1:])


def sync(folder):
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            os.fsync(file.fileno())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    model_dir = os.path.abspath(parser.parse_args().model)
    accelerator = Accelerator(cpu=True)
    model = AutoModelForSequenceClassification.from_pretrained(model_dir, num_labels=2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-5)
    model, optimizer = accelerator.prepare(model, optimizer)
    ids = torch.randint(1000, 30000, (2, 16))
    accelerator.backward(model(input_ids=ids, labels=torch.randint(0, 2, (2,))).loss)
    optimizer.step()
    optimizer.zero_grad()

    def save_and_sync():
        accelerator.save_state("state")
        sync("state")

    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        result = {
            "name": "state",
            "save_model_s": measure(lambda: accelerator.save_model(model, "weights")),
            "save_shards_s": measure(lambda: accelerator.save_model(model, "shards", max_shard_size="30MB")),
            "load_checkpoint_s": measure(lambda: load_checkpoint_in_model(model, "weights")),
            "load_shards_s": measure(lambda: load_checkpoint_in_model(model, "shards")),
            "save_state_s": measure(lambda: accelerator.save_state("state")),
            "load_state_s": measure(lambda: accelerator.load_state("state")),
            "synced_s": measure(save_and_sync),
        }
        os.chdir("/")
    print(json.dumps(result))


if __name__ == "__main__":
    main()

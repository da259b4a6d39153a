"""Loaders of Accelerate, timed: the reference of bench_loader.

    reference_loader.py --model DIR --data FILE

The main process prints one JSON line: batch_s, seconds for a batch of 32 rows of 8 numbers in memory; wait_s, seconds that a loop waits
for a batch which the main process reads for all, while steps of 3 ms run between; and where there is one process, sentence_s, seconds
for a sentence that the tokenizers library cuts into tokens and pads into a batch of 32.
"""

import argparse
import json
import os
import statistics
import time

import torch
import torch.distributed as dist
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration
from tokenizers import Tokenizer
from torch.utils.data import DataLoader, TensorDataset

ROUNDS, ROWS, WAITED_ROWS, STEP_S = 7, 32000, 32 * 64, 0.003


def numbers(rows):
    return TensorDataset(torch.rand(rows, 8), torch.arange(rows))


def time_batch():
    loader = Accelerator(cpu=True).prepare(DataLoader(numbers(ROWS), batch_size=32, shuffle=True))
    seconds = []
    for _ in range(ROUNDS):
        begin = time.monotonic()
        for _ in loader:
            pass
        seconds.append((time.monotonic() - begin) / len(loader))
    return statistics.median(seconds)


def time_wait():
    accelerator = Accelerator(cpu=True, dataloader_config=DataLoaderConfiguration(dispatch_batches=True))
    loader = accelerator.prepare(DataLoader(numbers(WAITED_ROWS), batch_size=32, shuffle=True))
    seconds = []
    for _ in range(ROUNDS):
        accelerator.wait_for_everyone()
        waited, count, batches = 0, 0, iter(loader)
        while True:
            begin = time.monotonic()
            if next(batches, None) is None:
                break
            waited, count = waited + time.monotonic() - begin, count + 1
            time.sleep(STEP_S)
        seconds.append(waited / count)
    return statistics.median(seconds)


def time_sentence(model, data):
    tokenizer = Tokenizer.from_file(os.path.join(model, "tokenizer.json"))
    tokenizer.enable_truncation(64)
    tokenizer.enable_padding()
    with open(data, encoding="utf-8") as file:
        sentences = [line.rstrip("\n").split("\t")[2] for line in file]

    def collate(texts):
        encodings = tokenizer.encode_batch(texts)
        names = {"input_ids": "ids", "token_type_ids": "type_ids", "attention_mask": "attention_mask"}
        batch = {name: torch.tensor([getattr(e, part) for e in encodings]) for name, part in names.items()}
        return {**batch, "labels": torch.zeros(len(texts), dtype=torch.int64)}

    loader = Accelerator(cpu=True).prepare(DataLoader(sentences, batch_size=32, collate_fn=collate))
    seconds = []
    for _ in range(3):
        begin = time.monotonic()
        for _ in loader:
            pass
        seconds.append((time.monotonic() - begin) / len(sentences))
    return statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    args = parser.parse_args()
    accelerator = Accelerator(cpu=True)
    alone = accelerator.num_processes == 1
    result = {"name": "loader", "batch_s": time_batch(), "wait_s": 0 if alone else time_wait()}
    result["sentence_s"] = time_sentence(args.model, args.data) if alone else 0
    if accelerator.is_main_process:
        print(json.dumps(result))
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main()

"""A training step of a 32-32-2 network and its loader with Hugging Face Accelerate, timed: the reference of bench_mlp.

    reference_mlp.py [--batch 32] [--samples 3200] [--epochs 20] [--warmup 2]

Prints one JSON line: median_s is the median over the epochs after the warm-up of an epoch's time, loader included, divided by
its steps.
"""

import argparse
import json
import statistics
import time

import torch
from accelerate import Accelerator
from torch import nn
from torch.optim import AdamW
from torch.utils.data import DataLoader, TensorDataset
from transformers import get_scheduler


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--samples", type=int, default=3200)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=2)
    return parser.parse_args()


def main():
    args = parse_arguments()
    epochs = args.warmup + args.epochs
    torch.manual_seed(42)
    accelerator = Accelerator(cpu=True)
    features = torch.randn(args.samples, 32)
    dataset = TensorDataset(features, (features.sum(dim=1) > 0).long())
    loader = DataLoader(dataset, batch_size=args.batch, shuffle=True)
    model = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
    criterion = nn.CrossEntropyLoss()
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = get_scheduler("linear", optimizer, num_warmup_steps=0, num_training_steps=epochs * len(loader))
    loader, model, optimizer, scheduler = accelerator.prepare(loader, model, optimizer, scheduler)

    model.train()
    seconds = []
    for _ in range(epochs):
        begin = time.monotonic()
        for inputs, labels in loader:
            outputs = model(inputs)
            loss = criterion(outputs, labels)
            accelerator.backward(loss)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
        seconds.append((time.monotonic() - begin) / len(loader))

    median = statistics.median(seconds[args.warmup :])
    print(json.dumps({"name": "mlp", "batch": args.batch, "median_s": median, "loss": loss.item()}))


if __name__ == "__main__":
    main()

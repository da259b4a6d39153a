"""A training run as Accelerate and PyTorch make it, for the same program in Fortran.

    oracle_fortran.py --out DIR

run.txt: the loss of each batch, a line each; then the norms of the gradients before clipping; then the parameters after the run,
joined, in the order of the module.
"""

import argparse
import os

import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration, set_seed
from transformers import get_scheduler

SAMPLES, INPUTS, HIDDEN, OUTPUTS, BATCH, EPOCHS, STEPS = 48, 3, 8, 2, 8, 3, 2


def numbers(rows, columns, a, b):
    """Row i, column j: ((a·i + b·j) mod 17 - 8) / 8."""
    i, j = torch.arange(rows)[:, None], torch.arange(columns)[None, :]
    return ((a * i + b * j) % 17 - 8).float() / 8


def train():
    data = DataLoaderConfiguration(use_seedable_sampler=True, data_seed=42)
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=STEPS, dataloader_config=data)
    set_seed(42)
    x, y = numbers(SAMPLES, INPUTS, 5, 3), numbers(SAMPLES, OUTPUTS, 7, 11)
    model = torch.nn.Sequential(torch.nn.Linear(INPUTS, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, OUTPUTS))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.1, fused=True)
    loader = torch.utils.data.DataLoader(list(zip(x, y)), batch_size=BATCH, shuffle=True)
    scheduler = get_scheduler("cosine", optimizer, num_warmup_steps=3, num_training_steps=EPOCHS * len(loader) // STEPS)
    model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
    losses, norms = [], []
    for _ in range(EPOCHS):
        for rows, targets in loader:
            with accelerator.accumulate(model):
                loss = torch.nn.functional.mse_loss(model(rows), targets)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    norms.append(accelerator.clip_grad_norm_(model.parameters(), 0.5).item())
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
            losses.append(loss.item())
    return losses, norms, torch.cat([p.detach().flatten() for p in model.parameters()]).tolist()


parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
args = parser.parse_args()
torch.set_num_threads(1)
os.makedirs(args.out, exist_ok=True)
with open(os.path.join(args.out, "run.txt"), "w") as file:
    for numbers_of_a_kind in train():
        file.writelines(f"{number!r}\n" for number in numbers_of_a_kind)

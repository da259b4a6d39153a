"""A small GAN trained as Accelerate does: two models, two optimizers, two schedules, in float32 and in half precision.

    oracle_gan.py --out DIR

gan.safetensors: "real" and "noise" (steps, 16, 2), the parameters before, "generator.<name>" and "discriminator.<name>", and of the runs
no and bf16: "<run>.losses" (steps, 2), of the discriminator and the generator; "<run>.rates" (steps, 2), after each step.
Processes that share the 16 rows of a step compute the same, except for rounding.
"""

import argparse
import os

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState, PartialState
from safetensors.torch import save_file
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from transformers import get_scheduler

STEPS, ROWS, WIDTH = 20, 16, 8


def make(inputs, outputs, state=None):
    model = torch.nn.Sequential(torch.nn.Linear(inputs, WIDTH), torch.nn.Tanh(), torch.nn.Linear(WIDTH, outputs))
    if state:
        model.load_state_dict(state)
    return model


def step(accelerator, loss, model, optimizer, scheduler):
    accelerator.backward(loss)
    accelerator.clip_grad_norm_(model.parameters(), 0.5)
    optimizer.step()
    scheduler.step()
    optimizer.zero_grad()


def run(precision, states, real, noise):
    for shared in (AcceleratorState, GradientState, PartialState):
        shared._reset_state()
    accelerator = Accelerator(cpu=True, mixed_precision=precision)
    models = [make(2, 2, states[0]), make(2, 1, states[1])]
    optimizers = [torch.optim.AdamW(model.parameters(), lr=0.01) for model in models]
    schedulers = [get_scheduler("linear", optimizer, 0, STEPS) for optimizer in optimizers]
    generator, discriminator = (accelerator.prepare(model) for model in models)
    optimizer_g, optimizer_d = (accelerator.prepare(optimizer) for optimizer in optimizers)
    scheduler_g, scheduler_d = (accelerator.prepare(scheduler) for scheduler in schedulers)
    losses, rates = [], []
    ones, zeros = torch.ones(ROWS, 1), torch.zeros(ROWS, 1)
    for i in range(STEPS):
        fake = generator(noise[i])
        loss_d = cross_entropy(discriminator(real[i]), ones) + cross_entropy(discriminator(fake.detach()), zeros)
        step(accelerator, loss_d, discriminator, optimizer_d, scheduler_d)
        loss_g = cross_entropy(discriminator(fake), ones)
        step(accelerator, loss_g, generator, optimizer_g, scheduler_g)
        optimizer_d.zero_grad()
        losses.append([loss_d.item(), loss_g.item()])
        rates.append([scheduler_d.get_last_lr()[0], scheduler_g.get_last_lr()[0]])
    return torch.tensor(losses, dtype=torch.float64), torch.tensor(rates, dtype=torch.float64)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    torch.manual_seed(6)
    states = [make(2, 2).state_dict(), make(2, 1).state_dict()]
    real = torch.randn(STEPS, ROWS, 2) * 0.3 + 1
    noise = torch.randn(STEPS, ROWS, 2)
    tensors = {"real": real, "noise": noise}
    for name, state in zip(("generator", "discriminator"), states):
        tensors.update({f"{name}.{key}": value for key, value in state.items()})
    for precision in ("no", "bf16"):
        tensors[f"{precision}.losses"], tensors[f"{precision}.rates"] = run(precision, states, real, noise)
    os.makedirs(out, exist_ok=True)
    save_file(tensors, os.path.join(out, "gan.safetensors"))


if __name__ == "__main__":
    main()

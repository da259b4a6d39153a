"""Optimizers of PyTorch in the middle of a training, for tests/optim/test_optimizer_state; --check goes on where the tests stopped."""
import argparse
import os

import torch
from safetensors.torch import load_file, save_file

STEPS = 4

CASES = {
    "adam": lambda groups: torch.optim.Adam(groups, lr=0.01, betas=(0.8, 0.95), fused=True),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=0.01, weight_decay=0.1, amsgrad=True, fused=True),
    "default": lambda groups: torch.optim.AdamW(groups, lr=0.01),
    "sgd": lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True),
    "plain": lambda groups: torch.optim.SGD(groups, lr=0.1, maximize=True),
}


def parameters():
    generator = torch.Generator().manual_seed(1)
    return [torch.nn.Parameter(torch.randn(size, generator=generator)) for size in [(3, 4), (4,), (2, 2), ()]]


def groups(tensors):
    return [{"params": tensors[:2]}, {"params": tensors[2:], "lr": 0.002, "weight_decay": 0.5}]


def gradient(step, index, tensor):
    return torch.sin(torch.arange(tensor.numel(), dtype=torch.float32) + 10 * step + index).reshape(tensor.shape)


def run(optimizer, tensors, first):
    for step in range(first, first + STEPS):
        for index, tensor in enumerate(tensors):
            # The last one is never stepped before the state is saved.
            tensor.grad = None if index == 3 and step < STEPS else gradient(step, index, tensor)
        optimizer.step()


def named(tensors):
    return {str(i): t.detach().clone() for i, t in enumerate(tensors)}


def write(out):
    os.makedirs(f"{out}/written")
    for name, make in CASES.items():
        tensors = parameters()
        optimizer = make(groups(tensors))
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
        save_file(named(tensors), f"{out}/{name}.start.safetensors")
        run(optimizer, tensors, 0)
        save_file(named(tensors), f"{out}/{name}.middle.safetensors")
        torch.save(optimizer.state_dict(), f"{out}/{name}.bin")
        run(optimizer, tensors, STEPS)
        save_file(named(tensors), f"{out}/{name}.end.safetensors")
    save_file({f"{step}.{i}": gradient(step, i, t) for step in range(2 * STEPS) for i, t in enumerate(parameters())},
              f"{out}/gradients.safetensors")


def check(out):
    for name, make in CASES.items():
        state = torch.load(f"{out}/written/{name}.bin", weights_only=True)
        expected = torch.load(f"{out}/{name}.bin", weights_only=True)
        if list(state) != list(expected) or list(state["state"]) != list(expected["state"]):
            raise SystemExit(f"{name}: state has {list(state['state'])}, expected {list(expected['state'])}")
        for ours, theirs in zip(state["param_groups"], expected["param_groups"]):
            for key, value in ours.items():
                if theirs[key] != value or isinstance(theirs[key], (bool, tuple)) != isinstance(value, (bool, tuple)):
                    raise SystemExit(f"{name}: {key} is {value!r}, expected {theirs[key]!r}")
        for place, values in state["state"].items():
            if {k: (v.dtype, v.shape) for k, v in values.items()} != {k: (v.dtype, v.shape) for k, v in expected["state"][place].items()}:
                raise SystemExit(f"{name}: state {place} is {values}, expected {expected['state'][place]}")
        tensors = parameters()
        for tensor, value in zip(tensors, load_file(f"{out}/written/{name}.safetensors").values()):
            tensor.data.copy_(value)
        optimizer = make(groups(tensors))
        optimizer.load_state_dict(state)
        run(optimizer, tensors, STEPS)
        for index, value in load_file(f"{out}/{name}.end.safetensors").items():
            error = (tensors[int(index)] - value).abs().max()
            if error > (1e-6 if name in ("default", "sgd", "plain") else 0):
                raise SystemExit(f"{name}: parameter {index} is off by {error} after going on")
    print(f"{len(CASES)} optimizers")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    (check if arguments.check else write)(arguments.out)


if __name__ == "__main__":
    main()

"""States of training that Accelerate saved, and how it goes on from each, for tests/accelerator/test_resume; --check has
Accelerate go on from the states that the test saved.

    oracle_resume.py --out DIR [--check]

data.safetensors: "x" (steps, rows, features), "y" (steps, rows, 1). python_safe/, python_pickle/: states after BEFORE steps;
python_half/, the first one with a scaler.pt; project/: one of a series. losses.json: of the steps after.
The test leaves c_safe/, c_pickle/, c_project/ and c_losses.json of the same kind; c_again/, a state of Python's, loaded and saved;
c_half/, the scale of python_half, loaded and saved.
"""

import argparse
import json
import os
import random
import shutil

import numpy
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState, PartialState
from accelerate.utils import ProjectConfiguration, set_seed
from safetensors.torch import load_file, save_file
from transformers import get_scheduler

IMPLEMENTATION = {"foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay"}
BEFORE, AFTER, ROWS, FEATURES, SEED = 4, 6, 5, 6, 42


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Linear(FEATURES, 8)
        self.drop = torch.nn.Dropout(0.3)
        self.head = torch.nn.Linear(8, 1)

    def forward(self, x):
        return self.head(self.drop(torch.tanh(self.body(x))))


class Progress:
    def __init__(self):
        self.seen, self.total = 0, 0.0

    def state_dict(self):
        return {"seen": self.seen, "total": self.total}

    def load_state_dict(self, state):
        self.seen, self.total = state["seen"], state["total"]


class Run:
    def __init__(self, project=None):
        for shared in (AcceleratorState, GradientState, PartialState):
            shared._reset_state()
        configuration = ProjectConfiguration(project_dir=project, automatic_checkpoint_naming=bool(project))
        self.accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2, project_config=configuration)
        set_seed(SEED)
        network, other = Net(), torch.nn.Linear(FEATURES, 1)
        optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
        second = torch.optim.SGD(other.parameters(), lr=0.05, momentum=0.9)
        scheduler = get_scheduler("cosine", optimizer, num_warmup_steps=2, num_training_steps=14)
        self.model, self.other, self.optimizer, self.second, self.scheduler = self.accelerator.prepare(
            network, other, optimizer, second, scheduler
        )
        self.progress = Progress()
        self.accelerator.register_for_checkpointing(self.progress)

    def train(self, data, first, last):
        losses = []
        for i in range(first, last):
            with self.accelerator.accumulate(self.model, self.other):
                x, y = data["x"][i], data["y"][i]
                loss = torch.nn.functional.mse_loss(self.model(x) + self.other(x), y)
                self.accelerator.backward(loss)
                if self.accelerator.sync_gradients:
                    self.accelerator.clip_grad_norm_(self.model.parameters(), 1.0)
                self.optimizer.step()
                self.second.step()
                self.scheduler.step()
                self.optimizer.zero_grad()
                self.second.zero_grad()
            losses.append(loss.item())
            self.progress.seen += 1
            self.progress.total += loss.item()
        return losses


def scaler():
    made = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=500)
    made._lazy_init_scale_growth_tracker(torch.device("cpu"))
    made._growth_tracker.fill_(7)
    return made


def write(out):
    for folder in os.listdir(out) if os.path.isdir(out) else ():
        if os.path.isdir(f"{out}/{folder}"):
            shutil.rmtree(f"{out}/{folder}")
    os.makedirs(out, exist_ok=True)
    torch.manual_seed(3)
    steps = BEFORE + AFTER
    data = {"x": torch.randn(steps, ROWS, FEATURES), "y": torch.randn(steps, ROWS, 1)}
    save_file(data, f"{out}/data.safetensors")
    run = Run(f"{out}/project")
    run.train(data, 0, BEFORE)
    random.gauss(0, 1)  # keeps a second number
    numpy.random.randn(3)
    run.accelerator.project_configuration.automatic_checkpoint_naming = False
    run.accelerator.save_state(f"{out}/python_safe")
    run.accelerator.save_state(f"{out}/python_pickle", safe_serialization=False)
    run.accelerator.project_configuration.automatic_checkpoint_naming = True
    run.accelerator.save_state()
    run.accelerator.save_state()
    shutil.copytree(f"{out}/python_safe", f"{out}/python_half")
    torch.save(scaler().state_dict(), f"{out}/python_half/scaler.pt")
    with open(f"{out}/losses.json", "w") as file:
        json.dump(run.train(data, BEFORE, steps), file)


# ---- what the test left ----


def shape(value):
    """What a value is, without its numbers."""
    if isinstance(value, torch.Tensor):
        return ("tensor", str(value.dtype), tuple(value.shape))
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)) and len(value) < 20:
        return [type(value).__name__, *map(shape, value)]
    return type(value).__name__


def load(path):
    return torch.load(path, weights_only=True)


def check_files(out, python, c):
    for name in ("optimizer.bin", "optimizer_1.bin", "custom_checkpoint_0.pkl"):
        own, theirs = load(f"{out}/{c}/{name}"), load(f"{out}/{python}/{name}")
        for group in theirs.get("param_groups", ()):  # those say how a step is computed, and have defaults
            missing = group.keys() - own["param_groups"][0].keys() - IMPLEMENTATION
            assert not missing, (name, missing)
        own, theirs = ({**d, "param_groups": 0} for d in (own, theirs))
        assert shape(own) == shape(theirs), f"{c}/{name}: {shape(own)}, expected {shape(theirs)}"
    own, theirs = (load(f"{out}/{folder}/scheduler.bin") for folder in (c, python))
    assert theirs.keys() <= own.keys(), (own.keys(), theirs.keys())
    own, theirs = (
        torch.load(f"{out}/{folder}/random_states_0.pkl", weights_only=False) for folder in (c, python)
    )
    assert own.keys() == theirs.keys(), (own.keys(), theirs.keys())
    assert own["torch_manual_seed"].shape == theirs["torch_manual_seed"].shape


def go_on(out, folder, losses, project=None):
    run = Run(project)
    data = load_file(f"{out}/data.safetensors")
    random.seed(1)
    numpy.random.seed(1)
    run.accelerator.load_state(f"{out}/{folder}" if folder else None)
    assert run.progress.seen == BEFORE, run.progress.seen
    assert run.accelerator.step == BEFORE, run.accelerator.step
    states = random.getstate(), numpy.random.get_state()
    found = run.train(data, BEFORE, BEFORE + AFTER)
    assert torch.allclose(torch.tensor(found), torch.tensor(losses), rtol=1e-5, atol=1e-7), (folder, found, losses)
    return states


def same(one, other):
    return one[0] == other[0] and all(numpy.array_equal(a, b) for a, b in zip(one[1], other[1]))


def check(out):
    with open(f"{out}/c_losses.json") as file:
        losses = json.load(file)
    random.seed(SEED)
    numpy.random.seed(SEED)
    seeded = random.getstate(), numpy.random.get_state()
    for c, python in (("c_safe", "python_safe"), ("c_pickle", "python_pickle")):
        check_files(out, python, c)
        assert same(go_on(out, c, losses), seeded), f"{c}: Python's random numbers are not those of the seed"
    go_on(out, None, losses, project=f"{out}/c_project")
    with open(f"{out}/losses.json") as file:
        losses = json.load(file)
    assert same(go_on(out, "c_again", losses), go_on(out, "python_safe", losses)), "c_again: not what was loaded"
    with open(f"{out}/c_again/model.safetensors", "rb") as own, open(f"{out}/python_safe/model.safetensors", "rb") as theirs:
        assert own.read() == theirs.read()
    restored, expected = scaler(), load(f"{out}/python_half/scaler.pt")
    found = load(f"{out}/c_half/scaler.pt")
    assert found == expected and shape(found) == shape(expected), (found, expected)
    restored.load_state_dict(found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    (check if arguments.check else write)(arguments.out)

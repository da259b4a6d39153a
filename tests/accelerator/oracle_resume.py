"""States of training that Accelerate saved, and how it goes on from each, for tests/accelerator/test_resume; --check has
Accelerate go on from the states that the test saved.

    oracle_resume.py --out DIR [--check]

data.safetensors: "x" (batches, rows, features), "y" (batches, rows, 1); process r of n has batch i * n + r.
States after BEFORE steps, of one process python_safe/, python_pickle/, and those of a series in project/; python_half/ of one with
float16 and a scale; python_ranks/ of RANKS. python_whole_0.json, python_half_0.json, python_ranks_0.json and python_ranks_1.json: losses
of each process's steps after. The test leaves the same with c_ for python_, and c_project/, c_whole_0.json …; again_safe/, again_pickle/, again_half/ and
again_ranks/ are Python's, loaded and saved; again_project/ is Python's with one more state of the test's. Beside the states of both
projects lies what an interrupted save leaves.
"""

import argparse
import json
import os
import random
import shutil
import tempfile

os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")

import numpy
import torch
from accelerate import Accelerator, debug_launcher
from accelerate.state import AcceleratorState, GradientState, PartialState
from accelerate.utils import ProjectConfiguration, set_seed
from accelerate.utils.other import load
from safetensors.torch import load_file, save_file
from transformers import get_scheduler

IMPLEMENTATION = {"foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay"}
BEFORE, AFTER, ROWS, FEATURES, SEED, RANKS = 4, 6, 5, 6, 42, 2
TOLERANCE = {"whole": 1e-5, "half": 1e-3, "ranks": 1e-5}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Linear(FEATURES, 8)
        self.drop = torch.nn.Dropout(0.3)
        self.head = torch.nn.Linear(8, 1)
        self.twin = torch.nn.Module()  # unused: weights that are tied
        self.twin.weight = self.head.weight

    def forward(self, x):
        return self.head(self.drop(torch.tanh(self.body(x))))


class Progress:
    def __init__(self):
        self.seen, self.total = 0, 0.0

    def state_dict(self):
        return {"seen": self.seen, "total": self.total}

    def load_state_dict(self, state):
        self.seen, self.total = state["seen"], state["total"]


class Scaler(torch.amp.GradScaler):
    """Updated once for both optimizers: the reference does it after each, and then unscales the second one's gradients again."""

    steps = 0

    def update(self):
        self.steps += 1
        if self.steps % 2 == 0:
            super().update()


def accelerator_of(kind, configuration):
    """On the CPU Accelerate trains in float32 without a word where float16 is asked for: here as on other devices."""
    precision = "fp16" if kind == "half" else "no"
    accelerator = Accelerator(cpu=True, mixed_precision=precision, gradient_accumulation_steps=2, project_config=configuration)
    if kind == "half":
        accelerator.native_amp = True
        accelerator.scaler = Scaler("cpu", init_scale=2.0**17, growth_interval=2)
    return accelerator


class Run:
    def __init__(self, kind, project=None, **configuration):
        for shared in (AcceleratorState, GradientState, PartialState):
            shared._reset_state()
        configuration = ProjectConfiguration(project_dir=project, automatic_checkpoint_naming=bool(project), **configuration)
        self.accelerator = accelerator_of(kind, configuration)
        set_seed(SEED)
        network, other = Net(), torch.nn.Linear(FEATURES, 1)
        optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
        second = torch.optim.SGD(other.parameters(), lr=0.05, momentum=0.9)
        scheduler = get_scheduler("cosine" if kind == "whole" else "linear", optimizer, 2, 14)
        loader = torch.utils.data.DataLoader(range(4), shuffle=True)  # whose place is in no state
        self.model, self.other, self.optimizer, self.second, self.scheduler, _ = self.accelerator.prepare(
            network, other, optimizer, second, scheduler, loader
        )
        self.progress = Progress()
        self.accelerator.register_for_checkpointing(self.progress)
        set_seed(SEED, device_specific=True)

    def train(self, data, first, last):
        losses = []
        rank, ranks = self.accelerator.process_index, self.accelerator.num_processes
        for i in range(first, last):
            with self.accelerator.accumulate(self.model, self.other):
                x, y = data["x"][i * ranks + rank], data["y"][i * ranks + rank]
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


# ---- states of Python's ----


def stir():
    random.gauss(0, 1)  # keeps a second number
    numpy.random.randn(3)


def save_whole(out, data):
    run = Run("whole", f"{out}/project")
    run.train(data, 0, BEFORE)
    stir()
    run.accelerator.project_configuration.automatic_checkpoint_naming = False
    run.accelerator.save_state(f"{out}/python_safe")
    run.accelerator.save_state(f"{out}/python_pickle", safe_serialization=False)
    run.accelerator.project_configuration.automatic_checkpoint_naming = True
    run.accelerator.project_configuration.iteration = 0
    run.accelerator.save_state()
    run.accelerator.save_state()
    return run


def save_to(kind, out, data):
    run = Run(kind)
    run.train(data, 0, BEFORE)
    stir()
    run.accelerator.save_state(f"{out}/python_{kind}")
    return run


def write_kind(kind, out, data):
    run = (save_whole if kind == "whole" else lambda *a: save_to(kind, *a))(out, data)
    losses = run.train(data, BEFORE, BEFORE + AFTER)
    write_json(f"{out}/python_{kind}_{run.accelerator.process_index}.json", losses)


def write_json(path, value):
    with open(path, "w") as file:
        json.dump(value, file)


def read_json(path):
    with open(path) as file:
        return json.load(file)


def write(out):
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    torch.set_num_threads(1)  # the processes are forked
    torch.manual_seed(3)
    batches = RANKS * (BEFORE + AFTER)
    data = {"x": torch.randn(batches, ROWS, FEATURES), "y": torch.randn(batches, ROWS, 1)}
    save_file(data, f"{out}/data.safetensors")
    debug_launcher(write_kind, ("ranks", out, data), num_processes=RANKS)
    write_kind("whole", out, data)
    write_kind("half", out, data)


# ---- what the test left ----

LISTS_OF_NUMBERS = 20  # from so many items on a list is told by its length


def shape(value):
    """What a value is, without its numbers."""
    if isinstance(value, torch.Tensor):
        return f"{value.dtype} {tuple(value.shape)} {value.stride()}"
    if isinstance(value, dict):
        return {"": type(value).__name__} | {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)) and len(value) < LISTS_OF_NUMBERS:
        return [type(value).__name__, *map(shape, value)]
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__} of {len(value)}, {sorted({type(item).__name__ for item in value})}"
    return type(value).__name__


def without_known_differences(name, state):
    """What this library writes in another way, which Python takes up all the same."""
    for group in state.get("param_groups", ()) if name.startswith("optimizer") else ():
        for key in IMPLEMENTATION & group.keys():
            del group[key]
        group.update({key: float(value) for key, value in group.items() if type(value) is int})
        for key in sorted(group):  # in no order
            group[key] = group.pop(key)
    if name.startswith("scheduler"):
        state["lr_lambdas"] = [None for _ in state["lr_lambdas"]]  # functions; those of Python have a dict, which is empty
    if name.startswith("random_states"):
        state["random_state"] = state["random_state"][:2]  # and a number that is kept, or None
        kind, words, *rest = state["numpy_random_seed"]
        state["numpy_random_seed"] = (kind, [int(word) for word in words], *rest)
    return state


def header(path):
    with open(path, "rb") as file:
        return json.loads(file.read(int.from_bytes(file.read(8), "little")))


def contents(folder, name):
    if name.endswith(".safetensors"):
        return header(f"{folder}/{name}")
    return shape(without_known_differences(name, load(f"{folder}/{name}")))


def names_in(folder):
    return sorted(name for name in os.listdir(folder) if not name.startswith("accel_"))


def check_files(out, python, c):
    own, theirs = f"{out}/{c}", f"{out}/{python}"
    assert names_in(own) == names_in(theirs), (names_in(own), names_in(theirs))
    for name in names_in(own):
        found, expected = contents(own, name), contents(theirs, name)
        assert found == expected, f"{c}/{name}: {found}, expected {expected}"


def equal(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def check_again(out, python, again):
    """Nothing was lost, and weights in safetensors are the same bytes."""
    check_files(out, python, again)
    for name in names_in(f"{out}/{again}"):
        own, theirs = f"{out}/{again}/{name}", f"{out}/{python}/{name}"
        if name.endswith(".safetensors"):
            with open(own, "rb") as file, open(theirs, "rb") as expected:
                assert file.read() == expected.read(), own
        else:
            assert equal(*(without_known_differences(name, load(path)) for path in (own, theirs))), own


def check_tied(folder):
    weights = load(f"{folder}/pytorch_model.bin")
    assert weights["twin.weight"].data_ptr() == weights["head.weight"].data_ptr(), folder


def go_on(kind, out, folder, losses, project=None):
    """From a state, or from the newest of a project: the run, and where Python's own random numbers were."""
    run = Run(kind, project)
    data = load_file(f"{out}/data.safetensors")
    random.seed(1)
    numpy.random.seed(1)
    run.accelerator.load_state(f"{out}/{folder}" if folder else None)
    states = random.getstate(), numpy.random.get_state()
    assert run.progress.seen == BEFORE, run.progress.seen
    assert run.accelerator.step == BEFORE, run.accelerator.step
    found = run.train(data, BEFORE, BEFORE + AFTER)
    expected = read_json(f"{out}/{losses}_{kind}_{run.accelerator.process_index}.json")
    close = torch.allclose(torch.tensor(found), torch.tensor(expected), rtol=TOLERANCE[kind], atol=TOLERANCE[kind] / 100)
    assert close, (folder or project, found, expected)
    return states


def same(one, other):
    return one[0] == other[0] and all(numpy.array_equal(a, b) for a, b in zip(one[1], other[1]))


def check_states(kind, out, c, python, again):
    """A state that the test saved has Python's random numbers as seeded; one that it took over has them as they were."""
    states = go_on(kind, out, c, "c")
    set_seed(SEED, device_specific=True)
    assert same(states, (random.getstate(), numpy.random.get_state())), f"{c}: Python's random numbers are not those of the seed"
    assert same(go_on(kind, out, again, "python"), go_on(kind, out, python, "python")), f"{again}: not what was loaded"


def check_project(out, name, losses):
    """Python takes up the newest, saves the next one, and removes the oldest, in a copy."""
    with tempfile.TemporaryDirectory() as folder:
        project = shutil.copytree(f"{out}/{name}", f"{folder}/{name}")
        states = sorted(os.listdir(f"{project}/checkpoints"))
        assert len(os.listdir(project)) == 2, os.listdir(project)  # a hidden one
        go_on("whole", out, None, losses, project)
        run = Run("whole", project, iteration=len(states), total_limit=len(states))
        run.accelerator.load_state()
        run.accelerator.save_state()
        left = [*states[1:], f"checkpoint_{len(states)}"]
        assert sorted(os.listdir(f"{project}/checkpoints")) == left, os.listdir(f"{project}/checkpoints")


def check(out):
    torch.set_num_threads(1)
    for name in ("safe", "pickle", "half", "ranks"):
        check_files(out, f"python_{name}", f"c_{name}")
        check_again(out, f"python_{name}", f"again_{name}")
    for name in ("python_pickle", "c_pickle", "again_pickle", "c_project/checkpoints/checkpoint_1"):
        check_tied(f"{out}/{name}")
    debug_launcher(check_states, ("ranks", out, "c_ranks", "python_ranks", "again_ranks"), num_processes=RANKS)
    for kind, name in (("whole", "safe"), ("whole", "pickle"), ("half", "half")):
        check_states(kind, out, f"c_{name}", f"python_{name}", f"again_{name}")
    check_project(out, "c_project", "c")
    check_project(out, "again_project", "python")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    (check if arguments.check else write)(arguments.out)

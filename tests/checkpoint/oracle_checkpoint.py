"""Folders of weights as Accelerate saves them, for tests/checkpoint; --check loads the folders that the tests saved."""
import argparse
import collections
import json
import os

import torch
from accelerate import Accelerator, load_checkpoint_in_model

SIZES = ["10GB", "1KB", "1.5KB", "500", "0", "2 kb"]


class Net(torch.nn.Module):
    """Tied weights, buffers, a name that is not ASCII, tensors of several types."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(20, 8)
        self.layers = torch.nn.ModuleList([torch.nn.Linear(8, 8) for _ in range(6)])
        self.norm = torch.nn.BatchNorm1d(8)
        self.wide = torch.nn.Linear(8, 200)
        self.head = torch.nn.Linear(8, 20, bias=False)
        self.head.weight = self.embedding.weight
        self.register_buffer("größe_\U0001f600", torch.arange(5))
        self.register_buffer("halves", torch.ones(3, dtype=torch.float16))
        self.register_buffer("nothing", torch.empty(0, 2))


def make_net():
    torch.manual_seed(0)
    return Net()


def name_of(size, safe):
    return f"{size.replace(' ', '')}-{'safetensors' if safe else 'bin'}"


def bytes_of(size):
    return int(size) if size.isdigit() else size


def write(out):
    os.makedirs(out)
    net = make_net()
    torch.save(net.state_dict(), f"{out}/state.bin")
    accelerator = Accelerator(cpu=True)
    for size in SIZES:
        for safe in (True, False):
            accelerator.save_model(net, f"{out}/saved/{name_of(size, safe)}", max_shard_size=bytes_of(size), safe_serialization=safe)
    # The reference's own defect: what an older save left wins.
    folder = f"{out}/stale"
    accelerator.save_model(net, folder)
    with torch.no_grad():
        net.wide.bias.fill_(7.0)
    accelerator.save_model(net, folder, max_shard_size="1KB")
    fresh = make_net()
    load_checkpoint_in_model(fresh, folder)
    with open(f"{out}/stale.json", "w") as file:
        json.dump({"is_stale": bool((fresh.wide.bias != 7.0).all()), "files": sorted(os.listdir(folder))}, file)
    torch.save({"model": make_net().state_dict(), "epoch": 3, "lr": 0.5, "done": True, "name": "x", "nothing": None, "losses": [1.0, 2],
                "betas": (0.9, 0.999), "layers": [torch.ones(1), {"w": torch.zeros(2)}], 4: torch.ones(2), "flags": [True, False],
                "no": []}, f"{out}/nested.bin")
    torch.save({"a.b": torch.ones(1), "a": {"b": torch.zeros(1)}}, f"{out}/twice.bin")
    base = torch.arange(24, dtype=torch.float32)
    torch.save(collections.OrderedDict(rows=base.view(4, 6), columns=base.view(4, 6).t(), part=base[3:9], every=base[::4],
                                       one=torch.ones(1).expand(3, 2), none=base[24:]), f"{out}/views.bin")


def equal(left, right):
    return left.keys() == right.keys() and all(left[k].dtype == right[k].dtype and torch.equal(left[k], right[k]) for k in left)


def check(out):
    expected = make_net().state_dict()
    for size in SIZES:
        for safe in (True, False):
            name = name_of(size, safe)
            ours, theirs = f"{out}/written/{name}", f"{out}/saved/{name}"
            if sorted(os.listdir(ours)) != sorted(os.listdir(theirs)):
                raise SystemExit(f"{name}: {sorted(os.listdir(ours))} are not {sorted(os.listdir(theirs))}")
            for file in os.listdir(theirs):
                a, b = open(f"{ours}/{file}", "rb").read(), open(f"{theirs}/{file}", "rb").read()
                if file.endswith((".safetensors", ".json")) and a != b:
                    raise SystemExit(f"{name}/{file}: is not what Accelerate writes")
                if file.endswith(".bin") and not equal(torch.load(f"{ours}/{file}", weights_only=True), torch.load(f"{theirs}/{file}")):
                    raise SystemExit(f"{name}/{file}: holds something else")
            fresh = Net()
            load_checkpoint_in_model(fresh, ours)
            if not equal(fresh.state_dict(), expected):
                raise SystemExit(f"{name}: load_checkpoint_in_model gives something else")
    tied = torch.load(f"{out}/written/10GB-bin/pytorch_model.bin", weights_only=True)
    if tied["embedding.weight"].data_ptr() != tied["head.weight"].data_ptr():
        raise SystemExit("tied weights are not tied any more")
    print(f"{2 * len(SIZES)} folders")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    (check if arguments.check else write)(arguments.out)


if __name__ == "__main__":
    main()

"""Files of weights to look at and to merge, for tests/cli; --check reads what the tests made of them.

Writes into --out:
  shards/, bin_shards/    the real model in several files
  whole/                  the same in one, as the reference would merge it
  odd/                    files of torch.save with ties, views, numbers beside the tensors and types that safetensors lacks
"""

import argparse
import collections
import json
import os

import torch
from accelerate import Accelerator
from safetensors.torch import load_file, save_file


def write_shards(out, model_folder):
    weights = load_file(f"{model_folder}/model.safetensors")
    model = torch.nn.Module()
    model.state_dict = lambda: collections.OrderedDict(weights)
    accelerator = Accelerator(cpu=True)
    accelerator.save_model(model, f"{out}/shards", max_shard_size="20MB")
    accelerator.save_model(model, f"{out}/bin_shards", max_shard_size="20MB", safe_serialization=False)
    os.makedirs(f"{out}/whole")
    save_file(weights, f"{out}/whole/model.safetensors", metadata={"format": "pt"})


def odd_tensors():
    base = torch.arange(24, dtype=torch.float32)
    types_of_both = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16,
                     torch.float32, torch.float64, torch.complex64, torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn,
                     torch.float8_e5m2]
    tensors = {f"types.{dtype}": torch.tensor([0, 1, 1]).to(dtype) for dtype in types_of_both}
    tensors |= {"rows": base.view(4, 6), "columns": base.view(4, 6).t(), "part": base[3:9], "every": base[::4], "none": base[24:],
                "scalar": torch.tensor(3.5), "cube": torch.arange(24).view(2, 3, 4).permute(2, 0, 1),
                "parameter": torch.nn.Parameter(torch.ones(2))}
    return tensors


def write_odd(out):
    for name in ("plain", "tied", "wide", "complex", "nested", "beside", "twice"):
        os.makedirs(f"{out}/{name}")
    save = lambda value, name: torch.save(value, f"{out}/{name}/pytorch_model.bin")
    save(odd_tensors(), "plain")
    weight = torch.ones(3, 2)
    save({"embedding.weight": weight, "bias": torch.zeros(3), "head.weight": weight, "row": weight[0]}, "tied")
    save({"wide": torch.ones(1).expand(1 << 30, 1 << 9)}, "wide")
    save({"a": torch.ones(2, dtype=torch.complex128)}, "complex")
    save({"model": {"a": torch.ones(2)}, "epoch": 3, "lr": 0.5, "name": "x\n\x1b[31m", "nothing": None, "done": True, "nan": float("nan"),
          "betas": (0.9, 0.999), "sizes": [torch.ones(1), {"w": torch.zeros(2)}], 4: torch.ones(2)}, "nested")
    save({"a": torch.ones(2), "step": 3}, "beside")
    save({"a.b": torch.ones(1), "a": {"b": torch.zeros(1)}}, "twice")


def write(out, model_folder):
    write_shards(out, model_folder)
    write_odd(f"{out}/odd")


def bytes_of(tensor):
    return tensor.contiguous().view(-1).view(torch.uint8)


def require_same(left, right, what):
    if left.keys() != right.keys():
        raise SystemExit(f"{what}: {sorted(left.keys() ^ right.keys())} are not in both")
    for name in left:
        a, b = left[name], right[name]
        if a.dtype != b.dtype or a.shape != b.shape or not torch.equal(bytes_of(a), bytes_of(b)):
            raise SystemExit(f"{what}: {name} is another tensor")


def load(path):
    return torch.load(path, weights_only=True)


def check(out):
    whole = load_file(f"{out}/whole/model.safetensors")
    for folder in ("shards-bin", "bin_shards-bin"):
        require_same(load(f"{out}/ours/{folder}/pytorch_model.bin"), whole, folder)
    odd = {name: tensor.detach() for name, tensor in odd_tensors().items()}
    require_same(load_file(f"{out}/ours/plain/model.safetensors"), odd, "plain")
    require_same(load(f"{out}/ours/plain-bin/pytorch_model.bin"), odd, "plain-bin")
    require_same(load(f"{out}/ours/plain-back/pytorch_model.bin"), odd, "plain-back")
    tied = load(f"{out}/ours/tied-bin/pytorch_model.bin")
    if tied["embedding.weight"].data_ptr() != tied["head.weight"].data_ptr():
        raise SystemExit("tied weights are not tied any more")
    with open(f"{out}/ours/nested.json") as file:
        nested = json.load(file)
    values = {value["name"]: value["value"] for value in nested["values"]}
    if values != {"epoch": 3, "lr": 0.5, "name": "x\n\x1b[31m", "nothing": None, "done": True, "nan": None, "betas": None}:
        raise SystemExit(f"values of nested.json: {values}")
    if [t["name"] for t in nested["tensors"]] != ["model.a", "sizes.0", "sizes.1.w", "4"]:
        raise SystemExit(f"tensors of nested.json: {nested['tensors']}")
    with open(f"{out}/ours/shards.json") as file:
        shards = json.load(file)
    if {t["name"]: (t["shape"], t["bytes"]) for t in shards["tensors"]} != {n: (list(t.shape), t.nbytes) for n, t in whole.items()}:
        raise SystemExit("shards.json: other tensors")
    if shards["elements"] != sum(t.numel() for t in whole.values()) or {f["metadata"]["format"] for f in shards["files"]} != {"pt"}:
        raise SystemExit("shards.json: other totals or metadata")
    print("merged files and descriptions are what they should be")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--model")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    check(arguments.out) if arguments.check else write(arguments.out, arguments.model)


if __name__ == "__main__":
    main()

"""Files of torch.save, and what is in each, for tests/pickle; --check loads what the tests wrote."""
import argparse
import collections
import json
import math
import os
import pickle
import random
import zipfile

import numpy as np
import torch


def describe(value):
    """As tests/pickle/describe.h prints a value."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if -(2**63) <= value < 2**63 else "long"
    if isinstance(value, float):
        return "real " + repr(value) if math.isfinite(value) else "real " + {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan")
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bytes):
        return "bytes " + value.hex()
    if isinstance(value, torch.Tensor):
        kind = "parameter" if isinstance(value, torch.nn.Parameter) else "tensor"
        grad = " requires_grad" if value.requires_grad else ""
        shape = ",".join(map(str, value.shape))
        strides = ",".join(map(str, value.stride()))
        raw = value.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes().hex() if value.numel() else ""
        return f"{kind} {str(value.dtype)[6:]} [{shape}] [{strides}] @{value.storage_offset()}{grad} {raw}"
    if isinstance(value, np.ndarray):
        return f"array {value.dtype.str} [{','.join(map(str, value.shape))}] {value.tobytes().hex()}"
    if isinstance(value, torch.dtype):
        return "global " + str(value).replace(".", " ")
    if isinstance(value, torch.device):
        return json.dumps(str(value))
    if isinstance(value, tuple):
        return "(" + ", ".join(map(describe, value)) + ")"
    if isinstance(value, list):
        return "[" + ", ".join(map(describe, value)) + "]"
    inside = ", ".join(f"{describe(k)}: {describe(v)}" for k, v in value.items())
    if isinstance(value, collections.OrderedDict):
        attributes = f" with {describe(value.__dict__)}" if value.__dict__ else ""
        return "ordered {" + inside + "}" + attributes
    return "{" + inside + "}"


def network():
    return torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))


def optimizer_state():
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.8, 0.99))
    model(torch.randn(4, 2)).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


def samples():
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    base = torch.arange(24, dtype=torch.float32)
    tied = torch.nn.Parameter(torch.ones(2))
    parameter = torch.nn.Parameter(torch.zeros(2, 2), requires_grad=False)
    parameter.note = 1
    plain = {
        "none": None, "booleans": [True, False], "integers": [0, 255, 256, 65535, 65536, -1, -(2**31), 2**31, -(2**63), 2**63 - 1],
        "long": 2**64, "reals": [0.0, -0.0, 1.5, 1e308, math.inf, -math.inf], "text": "naïve \u4e2d \U0001f600 \0 end", "bytes": b"\x00\xff\x80",
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)], 3: "integer key", "nested": {"a": {"b": [{"c": ()}]}}, "empty": [{}, [], b"", ""],
        "dtype": torch.bfloat16, "device": torch.device("cuda:1"), "size": torch.Size([2, 3]),
        "ordered": collections.OrderedDict([("z", 1), ("a", 2)]), "many": list(range(300)),
    }
    every_type = {str(d)[6:]: torch.ones(3).to(d) for d in [
        torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8,
        torch.bool, torch.complex64, torch.complex128, torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2]}
    return {
        "state_dict": network().state_dict(),
        "optimizer": optimizer_state(),
        "plain": plain,
        "types": every_type,
        "views": {"all": base, "part": base[3:9], "transposed": base.view(4, 6).t(), "column": base.view(4, 6)[:, 1], "scalar": base[5],
                  "expanded": torch.ones(1).expand(3, 2), "none": torch.empty(0, 3), "none at the end": base[24:]},
        "parameters": {"tied": tied, "again": tied, "same storage": tied.data, "frozen": parameter},
        "random_states": {"step": 3, "random_state": random.getstate(), "numpy_random_seed": np.random.get_state(),
                          "torch_manual_seed": torch.get_rng_state()[:64].clone()},
        "arrays": {"matrix": np.arange(6, dtype=np.float64).reshape(2, 3), "bytes": np.array([1, 2], dtype=np.uint8), "scalar": np.array(2.5, dtype=np.float32)},
        "list": [1, torch.ones(1)],
        "string": "only",
    }


def deflate(source, target):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(item.filename, old.read(item.filename))


class Evil:
    def __reduce__(self):
        return os.system, ("touch harm",)


def write(out):
    os.makedirs(out)
    for name, value in samples().items():
        for protocol in (2, 4) if name in ("arrays", "random_states") else (2, 4, 5):  # 5 keeps arrays another way
            torch.save(value, f"{out}/{name}.{protocol}.bin", pickle_protocol=protocol)
        with open(f"{out}/{name}.txt", "w") as file:
            file.write(describe(torch.load(f"{out}/{name}.2.bin", weights_only=False)))
    deflate(f"{out}/state_dict.2.bin", f"{out}/state_dict.deflated.bin")
    deflate(f"{out}/views.2.bin", f"{out}/views.deflated.bin")
    torch.save(samples()["state_dict"], f"{out}/legacy.bin", _use_new_zipfile_serialization=False)
    torch.save({"x": Evil()}, f"{out}/evil.bin")
    torch.save(network(), f"{out}/module.bin")
    torch.save({"x": torch._neg_view(torch.ones(2))}, f"{out}/negated.bin")
    with open(f"{out}/bare.bin", "wb") as file:
        pickle.dump({"a": 1}, file)


def check(out):
    """What the tests wrote is what they said, and is read without running anything."""
    count = 0
    for name in sorted(os.listdir(f"{out}/written")):
        stem, ending = os.path.splitext(name)
        if ending != ".bin":
            continue
        with open(f"{out}/written/{stem}.txt") as file:
            expected = file.read()
        for mmap in (False, True):
            loaded = torch.load(f"{out}/written/{name}", weights_only=stem not in ("arrays", "random_states"), mmap=mmap)
            if describe(loaded) != expected:
                raise SystemExit(f"{name}: expected\n{expected[:600]}\ngot\n{describe(loaded)[:600]}")
        count += 1
    if count == 0:
        raise SystemExit("nothing was written")
    print(f"{count} files")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        check(arguments.out)
    else:
        write(arguments.out)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What the reference's tracker writes for TensorBoard, and what others read from ours: for test_tracking.c.

oracle_tracking.py --out OUT

OUT/cases.json  {"hparams": values, "calls": [{"step": number or null, "values": values}, ...]}, each value [name, number as
                hexadecimal text or null, text or null]
OUT/reference/  the folder that Accelerate's tracker filled with them, as the run "run"

With --check it reads what test_tracking left in ours/ under --out. The exit code is the verdict.
"""

import argparse
import csv
import glob
import io
import json
import math
import os
import re
import sys

import yaml
from accelerate import Accelerator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

HPARAMS = {
    "lr": 3e-05,
    "epochs": 3,
    "weight_decay": 0.0,
    "momentum": -0.0,
    "huge": 1e300,
    "large": 2**53 + 0.0,
    "exponent": 1.5e-07,
    "third": 1 / 3,
    "infinite": math.inf,
    "negative": -math.inf,
    "none": math.nan,
    "scheduler": "linear",
    "model": "build/data/minilm",
    "empty": "",
    "words": ["no", "Yes", "null", "~", "y", "on", "3", "1e3", "0x1f", "1_000", "12:30", ".inf", ".nan", "-", "- a", "a: b", "a #b"],
    "marks": ["#", "'", '"', "\\", "%", "@", "`", "!", "&a", "*a", "?", "|", ">", "{}", "[]", "=", "<<", ",", " a", "a ", "a\nb", "\t"],
    "signs": ["\x01", "\x1b[0m", "\x7f", "\x80", "\x85", "\x9f", "\xa0", "é", "日本", "😀", "\u2028", "\ufeff", "\ufffe", "\uffff"],
    "long": "a long text " * 30,
    "é name": 1,
    "true": 1,
    "name: x": "x",
    "12": 12,
}

CALLS = [
    (0, {"loss": 0.7071067811865476, "accuracy": 0.5}),
    (1, {"loss": 0.1, "accuracy": 1}),
    (None, {"loss": 0}),
    (5, {"loss": -0.0, "note": "warm"}),
    (6, {"loss": math.nan}),
    (7, {"loss": math.inf, "accuracy": -math.inf}),
    (127, {"loss": 1e-45}),
    (128, {"loss": 3.5e38}),
    (300, {"loss": -1e300}),
    (70000, {"loss": 123456789, "loss/train": 16777217, "a,b": 1, 'say "a"': 2, "line\nbreak": 3, " blank ": 4}),
    (2**31, {"note": 'say "a", or\n\'b\'\r\nthen'}),
    (2**52, {"note": "", "loss": 5e-324, "late": 1}),
    (3, {"損失": 0.25, "note": "日本 😀 é"}),
    (4, {"long": "x" * 70000, "t": "1,5"}),
    (8, {"c": "\x01\x1b\x7f\x80\ufeff\u2028"}),
    (9, {f"v{i}": i / 7 for i in range(300)}),
]


def flat(values):
    """Lists become one value for each of their items."""
    for name, value in values.items():
        if isinstance(value, list):
            yield from ((f"{name}{i}", item) for i, item in enumerate(value))
        else:
            yield name, value


def cells(values):
    return [[n, None if isinstance(v, str) else float(v).hex(), v if isinstance(v, str) else None] for n, v in flat(values)]


def write(out):
    os.makedirs(out)
    calls = [{"step": step, "values": cells(values)} for step, values in CALLS]
    with open(os.path.join(out, "cases.json"), "w") as file:
        json.dump({"hparams": cells(HPARAMS), "calls": calls}, file)
    accelerator = Accelerator(cpu=True, log_with="tensorboard", project_dir=os.path.join(out, "reference"))
    accelerator.init_trackers("run", dict(flat(HPARAMS)))
    for step, values in CALLS:
        accelerator.log(values, step=step)
    accelerator.end_training()


failures = []


def expect(name, ours, theirs):
    if isinstance(ours, list) and len(ours) == len(theirs):
        for i, (left, right) in enumerate(zip(ours, theirs)):
            if repr(left) != repr(right):
                return expect(f"{name}: {i}", left, right)
    if repr(ours) != repr(theirs):
        failures.append(name)
        print(f"{name}: ours {ours!r:.2000}\n    expected {theirs!r:.2000}")


def only(pattern):
    found = glob.glob(pattern)
    assert len(found) == 1, f"{pattern}: {found}"
    return found[0]


def events(folder):
    """The events of a folder's only file, without what says when and by whom."""
    path = only(os.path.join(folder, "events.out.tfevents.*"))
    records = list(RawEventFileLoader(path).Load())
    copy = io.BytesIO()
    for record in records:
        RecordWriter(copy).write(record)
    with open(path, "rb") as file:
        expect(f"{path}: records", file.read(), copy.getvalue())
    for record in records:
        event = event_pb2.Event.FromString(record)
        assert event.wall_time > 1.5e9
        event.wall_time = 0
        event.ClearField("source_metadata")
        hparams = None
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == "hparams":
                # Its map has no order of its own.
                data = plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content)
                hparams = data.SerializeToString(deterministic=True)
                value.metadata.plugin_data.content = b""
        yield event.SerializeToString(deterministic=True), hparams


def seen(folder):
    """What TensorBoard shows."""
    accumulator = EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0})
    accumulator.Reload()
    tags = accumulator.Tags()
    scalars = {tag: [(s.step, s.value) for s in accumulator.Scalars(tag)] for tag in tags["scalars"]}
    texts = {tag: [(t.step, t.tensor_proto.string_val[0]) for t in accumulator.Tensors(tag)] for tag in tags["tensors"]}
    return scalars, texts


def check_board(ours, theirs):
    expect("events", list(events(ours)), list(events(theirs)))
    expect("what TensorBoard shows", seen(ours), seen(theirs))
    name = os.path.basename(only(os.path.join(ours, "events.out.tfevents.*")))
    expect("name of the file", bool(re.fullmatch(r"events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+", name)), True)
    # The reference writes its two parts into two folders, each named after its moment.
    below = only(os.path.join(ours, "*", ""))
    expect("name of the folder", bool(re.fullmatch(r"\d{10}\.\d+", os.path.basename(below[:-1]))), True)
    expect("hyper-parameters", list(events(below)), list(events(os.path.dirname(only(os.path.join(theirs, "*", "events*"))))))
    with open(os.path.join(below, "hparams.yml")) as left, open(only(os.path.join(theirs, "*", "hparams.yml"))) as right:
        expect("hparams.yml", in_order(yaml.safe_load(left)), in_order(yaml.safe_load(right)))


def in_order(values):
    return [(name, float(v) if isinstance(v, (int, float)) else v) for name, v in values.items()]


def unfold(value):
    return float(value) if not isinstance(value, str) else value


def refuse(constant):
    raise ValueError(f"{constant} is no JSON")


def check_lines(path, rows):
    with open(path) as file:
        lines = [json.loads(line, parse_constant=refuse) for line in file]
    lines = [{name: v if v is None else unfold(v) for name, v in line.items()} for line in lines]
    expected = [{n: None if isinstance(v, float) and not math.isfinite(v) else v for n, v in row.items()} for row in rows]
    expect(path, lines, expected)


def check_table(path, rows):
    with open(path, newline="") as file:
        table = list(csv.reader(file))
    names = list(dict.fromkeys(name for row in rows for name in row))
    expect(path + ": names", table[0], names)
    for line, row in zip(table[1:], rows):
        for name, cell in zip(names, line):
            got = cell if isinstance(row.get(name, ""), str) else float(cell)
            expect(f"{path}: {name}", got, row.get(name, ""))
    expect(path + ": size", [len(line) for line in table], [len(names)] * (len(rows) + 1))


def check(out):
    ours, theirs = os.path.join(out, "ours", "run"), os.path.join(out, "reference", "run")
    check_board(ours, theirs)
    hparams = [{name: unfold(v) for name, v in flat(HPARAMS)}]
    calls = [{**({} if step is None else {"step": float(step)}), **{n: unfold(v) for n, v in values.items()}} for step, values in CALLS]
    check_lines(os.path.join(ours, "metrics.jsonl"), calls)
    check_lines(os.path.join(ours, "hparams.jsonl"), hparams)
    check_table(os.path.join(ours, "metrics.csv"), calls)
    check_table(os.path.join(ours, "hparams.csv"), hparams)
    return not failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="folder to write into")
    parser.add_argument("--check", action="store_true", help="read what test_tracking wrote")
    arguments = parser.parse_args()
    if arguments.check:
        return 0 if check(arguments.out) else 1
    write(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Asks tqdm how a line reads, and how its rate follows the steps: for test_meter.c.

oracle_meter.py --out OUT

OUT/lines.json  a list of arguments of tqdm.format_meter, each with the line that it gives
OUT/steps.json  a list of bars, each with steps (seconds, count) and the line behind each of them; the last line is that
                of the bar when it is closed

Left out: a description that ends with ": " where there is no total, which tqdm writes with a second colon.
"""

import argparse
import io
import json
import os
import random

from tqdm import tqdm

COUNTS = [0, 1, 2, 7, 43, 99, 100, 101, 994, 995, 999, 1000, 9994, 9995, 12345, 99949, 99950, 999499, 999500, 10**6 + 1, 2**30, 10**12]
ELAPSED = [0.0, 0.01, 0.99, 1.0, 4.25, 59.99, 60.0, 3599.9, 3600.0, 86400.0, 360000.5]
RATES = [None, None, 1e-3, 0.25, 0.999, 1.0, 1.001, 9.994, 9.996, 10.12, 99.94, 999.6, 1234567.8, 3e9]
TEXTS = ["", "", "loss=0.31", "損失=1", "é", "a text that needs some room"]
UNITS = ["it", "it", "B", "文", " samples"]


def draw_case(draw):
    n = draw.choice(COUNTS)
    case = {
        "n": n,
        "total": draw.choice([None, 0, n, 2 * n, *COUNTS]),
        "elapsed": draw.choice(ELAPSED),
        "ncols": draw.choice([0, 1, 2, 10, 25, 40, 60, 79, 79, 120]),
        "prefix": draw.choice(TEXTS),
        "ascii": draw.random() < 0.3,
        "unit": draw.choice(UNITS),
        "unit_scale": draw.random() < 0.4,
        "rate": draw.choice(RATES),
        "postfix": draw.choice(TEXTS),
        "unit_divisor": draw.choice([1000, 1000, 1024]),
        "initial": draw.choice([0, 0, n // 3]),
    }
    if case["total"] and case["total"] >= n and draw.random() < 0.1:
        case["prefix"] = "train: "
    case["line"] = tqdm.format_meter(**case)
    return case


def run_bar(draw):
    options = {
        "total": draw.choice([None, 100, 1000]),
        "initial": draw.choice([0, 5]),
        "smoothing": draw.choice([0, 0.05, 0.3, 0.3, 0.9, 1]),
        "unit_scale": draw.random() < 0.3,
    }
    clock = 0.0
    bar = tqdm(**options, file=io.StringIO(), ncols=60, ascii=False, mininterval=0, miniters=1)
    bar._time = lambda: clock
    bar.start_t = bar.last_print_t = clock
    steps = []
    for _ in range(8):
        seconds, count = draw.choice([0.125, 0.5, 1, 2, 30]), draw.choice([1, 1, 2, 8, 50])
        clock += seconds
        bar.update(count)
        steps.append({"seconds": seconds, "count": count, "line": str(bar)})
    bar._ema_dt = lambda: None  # as in close
    return {**options, "steps": steps, "closed": str(bar)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    os.makedirs(out, exist_ok=True)
    tqdm.monitor_interval = 0
    draw = random.Random(0)
    for name, make, count in (("lines", draw_case, 5000), ("steps", run_bar, 200)):
        with open(os.path.join(out, f"{name}.json"), "w") as file:
            json.dump([make(draw) for _ in range(count)], file)


if __name__ == "__main__":
    main()

"""The table of a benchmark run: what both sides reached, and what is required of it.

A row's kind says what is compared with the required value, given the reference's figure and accel's:

    x       how many times accel's the reference's is, at least
    %       how many percent of the reference's accel's is, at most
    apart   the difference of the two, at most
    least   accel's, at least
    most    accel's, at most
"""

VALUES = {
    "x": lambda reference, accel: reference / accel,
    "%": lambda reference, accel: 100 * accel / reference,
    "apart": lambda reference, accel: abs(accel - reference),
    "least": lambda reference, accel: accel,
    "most": lambda reference, accel: accel,
}
BOUNDS = {"x": ">=", "%": "<=", "apart": "<=", "least": ">=", "most": "<="}


def make_row(name, unit, runs, average, kind, required):
    """A row from the figures of all `runs`, (the reference's, accel's). `required` may be None."""
    reference, accel = (average(figures) for figures in runs)
    value = VALUES[kind](reference, accel)
    return {
        "name": name,
        "unit": unit,
        "reference": reference,
        "accel": accel,
        "ratio": value,
        "kind": kind,
        "required": required,
        "passed": required is None or (value >= required if BOUNDS[kind] == ">=" else value <= required),
        "runs": {"reference": runs[0], "accel": runs[1]},
    }


def print_table(rows):
    print(f"{'':<32}{'reference':>13}{'accel':>13}{'ratio':>11}{'required':>11}")
    for row in rows:
        digits = 4 if row["unit"] == "" else 1
        sides = [f"{row[side]:.{digits}f} {row['unit']}".strip() for side in ("reference", "accel")]
        value = f"{row['ratio']:.2f} {row['kind']}" if row["kind"] in ("x", "%") else f"{row['ratio']:.{digits}f}"
        required = "" if row["required"] is None else f"{BOUNDS[row['kind']]} {row['required']:g}"
        verdict = "" if row["passed"] else "  MISSED"
        print(f"{row['name']:<32}{sides[0]:>13}{sides[1]:>13}{value:>11}{required:>11}{verdict}")

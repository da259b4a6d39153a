"""Whether Fortran and C mean the same structs and options. test_options.sh compiles and runs what this writes.

    options.py write         layout.f90, layout.c: each prints every struct and component with its offset and bytes.
                             keywords.f90, keywords.c: Fortran makes each call that takes options without any and with all of them,
                             C shows what arrives, and its own defaults
    options.py check OUTPUT  judges what the second pair printed
"""

import os
import re
import sys

SOURCE = os.environ["ACCEL_SOURCE"]


def read(name):
    with open(os.path.join(SOURCE, "bindings/fortran", name)) as file:
        return re.sub(r" &\n *", " ", file.read())


def write(name, lines):
    with open(name, "w") as file:
        file.write("\n".join(lines) + "\n")


# ---- layout ----


def structs():
    for name, body in re.findall(r"type, bind\(c\) :: (\w+)\n(.*?)  end type", read("accel_c.f90"), re.S):
        yield name, re.findall(r":: (\w+)", body)


def layout_in_c():
    yield "#include <stddef.h>\n#include <stdio.h>\n#include <accel/accel.h>\nint main(void)\n{"
    for name, fields in structs():
        yield f'    printf("{name} %zu\\n", sizeof({name}));'
        for field in fields:
            yield f'    printf("{name}%%{field} %zu %zu\\n", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));'
    yield "}"


def layout_in_fortran():
    yield "program layout\n  use accel_c\n  implicit none"
    yield from (f"  type({name}), target :: v_{name}" for name, _ in structs())
    for name, fields in structs():
        yield f'  print "(a, 1x, i0)", "{name}", c_sizeof(v_{name})'
        for field in fields:
            component = f"v_{name}%{field}"
            yield f'  print "(a, 2(1x, i0))", "{name}%{field}", at(c_loc({component})) - at(c_loc(v_{name})), &'
            yield f"    storage_size({component}) / 8 * size([{component}])"
    yield "contains\n  function at(address)\n    type(c_ptr), intent(in) :: address\n    integer(c_intptr_t) :: at\n"
    yield "    at = transfer(address, at)\n  end function\nend program"


# ---- keywords ----


class Call:
    """A procedure of accel_calls.f90 that takes options: values for what it must be given, and its keywords."""

    def __init__(self, body):
        self.word, self.name, dummies = re.search(r"(function|subroutine) (\w+)\((.*)\)", body).groups()
        options = set(re.findall(r"options%(\w+) = ", body))
        self.required, self.keywords = [], []
        types = {}
        for kind, attributes, names in re.findall(r"^    ([\w(*)]+), intent\(in\)(.*?) :: (.*)$", body, re.M):
            for name, array in re.findall(r"(\w+)(\(:\))?(?:, |$)", names):
                types[name] = (kind, bool(array), "optional" in attributes)
        for name in dummies.split(", "):
            if name in options:
                self.keywords.append((name, *types[name][:2]))
            elif name in types and not types[name][2]:
                self.required.append(required(*types[name][:2]))

    def statement(self, keywords):
        arguments = ", &\n    ".join(self.required + keywords)
        if self.word == "subroutine":
            return f"  call {self.name}({arguments})"
        return f"  associate (result => {self.name}({arguments}))\n  end associate"


def calls():
    for body in re.findall(r"\n  ((?:function|subroutine) .*?\n  end (?:function|subroutine))", read("accel_calls.f90"), re.S):
        if "_options_default()" in body:
            yield Call(body)


def required(kind, array):
    plain = {"class(*)": "1", "real(c_double)": "1d0", "logical": ".true.", "integer(c_int)": "0", "character(*)": '"text"',
             "type(accel_labelled_row)": "accel_labelled_row(0, 0)"}  # fmt: skip
    value = plain.get(kind) or kind[len("type(") : -1] + "()"
    return f"[{value}]" if array else value


def given(number, kind, array, truth):
    """A value for a keyword, and how C shows it."""
    if array:
        return "[1.5d0]", "set"
    if kind.startswith("type("):
        return "some_" + kind[len("type(") : -1], "set"
    return {
        "class(*)": (f"{number}", f"{number}"),
        "integer(c_int)": (f"{number}", f"{number}"),
        "real(c_double)": (f"{number}.5d0", f"{number}.5"),
        "logical": (f".{truth}.", {"true": "1", "false": "0"}[truth]),
        "character(*)": (f'"text {number}  "', f"text {number}"),
    }[kind]


def keywords_in_fortran():
    yield "program keywords\n  use accel\n  use, intrinsic :: iso_c_binding\n  implicit none\n  interface"
    yield '    subroutine section(title) bind(c)\n      import\n      character(kind=c_char), intent(in) :: title(*)\n    end subroutine'
    yield "    subroutine show_defaults() bind(c)\n    end subroutine\n  end interface"
    nested = ("accel_grad_scaler_options", "accel_data_parallel_options")
    yield "\n".join(f"  type({name}), target :: some_{name}" for name in nested)
    yield "  type(accel_tensor) :: some_accel_tensor\n  type(accel_device), target :: some_accel_device"
    yield "\n".join(f"  some_{name} = {name}_default()" for name in nested)
    yield "  some_accel_tensor%address = transfer(8_c_intptr_t, c_null_ptr)"
    yield "  call show_defaults()"
    for call in calls():
        for truth in ("none", "true", "false"):
            yield f'  call section("{truth} {call.name}"//c_null_char)'
            keywords = [] if truth == "none" else list(enumerate(call.keywords, 3))
            yield call.statement([f"{name}={given(n, kind, array, truth)[0]}" for n, (name, kind, array) in keywords])
    yield "end program"


def keywords_in_c():
    functions = prototypes()
    yield '#include "options.h"\n#include <accel/accel.h>'
    for call in calls():
        result, parameters, options = functions[call.name]
        yield f"static void show_{call.name}(const {options} *options)\n{{"
        yield from (f'    SHOW("{name}", options->{name});' for name, *_ in call.keywords)
        yield f"}}\n{result}{call.name}_with({parameters})\n{{\n    show_{call.name}(options);"
        yield from (f"    (void){name};" for name in re.findall(r"(\w+)(?:,|$)", parameters))
        yield f"    {result} nothing;\n    memset(&nothing, 0, sizeof nothing);\n    return nothing;\n}}"
    yield "void show_defaults(void);\nvoid show_defaults(void)\n{"
    for call in calls():
        options = functions[call.name][2]
        yield f'    section("default {call.name}");\n    {options} o_{call.name} = {options}_default();'
        yield f"    show_{call.name}(&o_{call.name});"
    yield "}"


def prototypes():
    """Result, parameters and options of the headers' functions that take options."""
    found = {}
    folder = os.path.join(SOURCE, "include/accel")
    for name in os.listdir(folder):
        with open(os.path.join(folder, name)) as file:
            text = " ".join(file.read().split())
        for result, function, parameters in re.findall(r"ACCEL_API ([\w *]+?)(\w+)_with\( ?([^()]*)\);", text):
            found[function] = result, parameters, re.search(r"const (\w+) \*options", parameters)[1]
    return found


def check(path):
    with open(path) as file:
        sections = re.findall(r"== (.*)\n([^=]*)", file.read())
    shown, wrong = dict(sections), 0
    for call in calls():
        expected = {"none": shown[f"default {call.name}"]}
        for truth in ("true", "false"):
            lines = [f"{name} {given(n, kind, array, truth)[1]}\n" for n, (name, kind, array) in enumerate(call.keywords, 3)]
            expected[truth] = "".join(lines)
        for how, lines in expected.items():
            if shown[f"{how} {call.name}"] != lines:
                print(f"{call.name}, {how}: expected\n{lines}got\n{shown[f'{how} {call.name}']}")
                wrong += 1
    count = sum(len(call.keywords) for call in calls())
    print(f"{count} options of {len(list(calls()))} calls")
    return wrong or count < 80


if sys.argv[1] == "write":
    write("layout.c", layout_in_c())
    write("layout.f90", layout_in_fortran())
    write("keywords.c", keywords_in_c())
    write("keywords.f90", keywords_in_fortran())
else:
    sys.exit(1 if check(sys.argv[2]) else 0)

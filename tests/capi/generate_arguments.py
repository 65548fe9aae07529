#!/usr/bin/env python3
"""Writes a C program that holds every function of the headers to the promises of the preamble about
arguments: NULL for each pointer, views without data, zero and wrong sizes of structs, structs of a
newer header. What is good for an argument comes from arguments.h.

    generate_arguments.py INCLUDE_DIR > arguments_test.c"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import header

# Pointers that may be NULL.
OPTIONAL = {"options", "error", "matched"}


class Case:
    """One call: the arguments that are not the good ones, and what must come of it."""

    def __init__(self, what, changed, expected, after=""):
        self.what, self.changed, self.expected, self.after = what, changed, expected, after


def struct_of(parameter, structs):
    name = parameter.type.replace("const ", "").removesuffix("*").removesuffix("_t")
    return name if parameter.is_pointer and name in structs else None


def good(function, parameter, structs):
    """The expression for an argument that is fine."""
    kind, name = parameter.type, parameter.name
    struct = struct_of(parameter, structs)
    if struct:
        return f"&good_{name}"
    if kind.endswith("**"):
        return "&error" if name == "error" else f"&out_{name}"
    if kind == "semper_string_view_t":
        return f"text_{name}"
    if kind == "const semper_string_view_t*":
        return "list"
    if kind in ("size_t*", "uint64_t*", "int32_t*", "uint32_t*", "semper_string_view_t*"):
        return f"&out_{name}"
    if kind.endswith("*"):
        handle = kind.replace("const ", "").removesuffix("*")
        return "failure" if name in ("from",) or function.name.startswith("semper_error_") \
            else f"fixture->{handle.removeprefix('semper_').removesuffix('_t')}"
    if kind == "size_t":
        return "1" if name in ("count", "capacity") else "0"
    return "0"


def declarations(function, structs):
    lines = []
    for parameter in function.parameters:
        kind, name = parameter.type, parameter.name
        struct = struct_of(parameter, structs)
        if struct:
            lines.append(f"  {struct}_t good_{name} = GOOD_{struct};")
        elif kind.endswith("**") and name != "error":
            lines.append(f"  {kind[:-1]} out_{name} = NULL;")
        elif kind in ("size_t*", "uint64_t*", "int32_t*", "uint32_t*"):
            lines.append(f"  {kind[:-1]} out_{name} = 0;")
        elif kind == "semper_string_view_t*":
            lines.append(f"  semper_string_view_t out_{name} = {{NULL, 0}};")
        elif kind == "semper_string_view_t":
            lines.append(f"  semper_string_view_t text_{name} = view(TEXT_{name});")
        elif kind == "const semper_string_view_t*":
            lines.append(f"  semper_string_view_t list[1];")
            lines.append(f"  semper_string_view_t bad_list[1] = {{{{NULL, 5}}}};")
    return lines


def cases(function, structs):
    yield Case("good arguments", {}, None)
    yield Case("no error wanted", {"error": "NULL"}, None)
    for parameter in function.parameters:
        kind, name = parameter.type, parameter.name
        struct = struct_of(parameter, structs)
        if parameter.is_pointer and name not in OPTIONAL:
            yield Case(f"{name} is NULL", {name: "NULL"}, "SEMPER_INVALID_ARGUMENT")
        if kind == "semper_string_view_t":
            yield Case(f"{name} without data", {name: "no_data"}, "SEMPER_INVALID_ARGUMENT")
            yield Case(f"{name} is empty", {name: "empty"}, None)
        if kind == "const semper_string_view_t*":
            yield Case(f"{name} without data", {name: "bad_list"}, "SEMPER_INVALID_ARGUMENT")
            yield Case(f"no {name}", {name: "NULL", "count": "0"}, None)
        if kind == "size_t" and name not in ("count", "capacity"):
            yield Case(f"{name} beyond the last", {name: "(size_t)-1"}, "SEMPER_NOT_FOUND")
        if kind == "uint32_t*" and name == "matched":
            yield Case("matched is NULL", {name: "NULL"}, "SEMPER_INVALID_ARGUMENT")
        if kind == "int32_t":
            yield Case(f"{name} from the future", {name: "99"}, "SEMPER_UNSUPPORTED")
        if struct:
            upper = struct.upper()
            for what, size in (("0", "0"), ("too small", f"(uint32_t){upper}_SIZE_1_0 - 1"),
                               ("absurd", "100000")):
                yield Case(f"struct_size of {name} is {what}",
                           {"before": f"good_{name}.struct_size = {size};"},
                           "SEMPER_INVALID_ARGUMENT")
            yield Case(f"struct_size of {name} is that of 1.0",
                       {"before": f"good_{name}.struct_size = (uint32_t){upper}_SIZE_1_0;"}, None)
            for member in structs[struct] if kind.startswith("const") else []:
                yield Case(f"{member} of {name} without data",
                           {"before": f"good_{name}.{member} = no_data;"}, "SEMPER_INVALID_ARGUMENT")
            newer = (f"memset(&newer_, 0, sizeof newer_); memcpy(newer_.bytes, &good_{name},"
                     f" sizeof good_{name}); newer_.head.struct_size = sizeof good_{name} + 24;")
            pointer = f"({struct}_t *)(void *)newer_.bytes"
            const = kind.startswith("const")
            yield Case(f"{name} of a newer header", {"before": newer, name: pointer}, None)
            newer += f" newer_.bytes[sizeof good_{name} + 23] = 7;"
            if const:
                yield Case(f"{name} of a newer header, with something new",
                           {"before": newer, name: pointer}, "SEMPER_UNSUPPORTED")
            else:
                yield Case(f"{name} of a newer header, filled", {"before": newer, name: pointer},
                           None, f"CHECK(newer_.bytes[sizeof good_{name} + 23] == 0);")


def outputs_are_zero(function, structs, case):
    checks = []
    for parameter in function.parameters:
        if parameter.name in case.changed:
            continue
        kind, name = parameter.type, parameter.name
        if kind.endswith("**") and name != "error":
            checks.append(f"CHECK(out_{name} == NULL);")
        elif kind in ("size_t*", "uint64_t*", "int32_t*"):
            checks.append(f"CHECK(out_{name} == 0);")
        elif kind == "semper_string_view_t*":
            checks.append(f"CHECK(out_{name}.data == NULL && out_{name}.size == 0);")
        elif (struct := struct_of(parameter, structs)) and not kind.startswith("const") \
                and "before" not in case.changed:
            checks.append(f"CHECK(only_size(&good_{name}, sizeof good_{name}));")
    return checks


def write_fallible(function, structs, out):
    for case in cases(function, structs):
        out.append("{")
        out += declarations(function, structs)
        out.append("  semper_error_t *error = NULL;")
        out.append("  union newer newer_;")
        out.append("  int32_t status;")
        if any(p.type == "const semper_string_view_t*" for p in function.parameters):
            out.append("  list[0] = view(TEXT_list);")
        if "before" in case.changed:
            out.append("  " + case.changed["before"])
        arguments = [case.changed.get(p.name, good(function, p, structs))
                     for p in function.parameters]
        has_list = any(p.type == "const semper_string_view_t*" for p in function.parameters)
        out.append("  (void)newer_;" + (" (void)list; (void)bad_list;" if has_list else ""))
        out.append(f"  case_ = \"{function.name}: {case.what}\";")
        out.append(f"  status = {function.name}({', '.join(arguments)});")
        if case.expected:
            out.append(f"  expect(status, {case.expected});")
        else:
            out.append("  CHECK(status >= SEMPER_OK && status <= SEMPER_INTERNAL);")
            out.append("  CHECK(status != SEMPER_INTERNAL && status != SEMPER_BUSY);")
        if "error" not in case.changed:
            out.append("  CHECK((status == SEMPER_OK) == (error == NULL));")
            out.append("  CHECK(semper_error_status(error) == status);")
            out.append("  CHECK(error == NULL || semper_error_message(error).size > 0);")
        if case.after:
            out.append("  " + case.after)
        zero = outputs_are_zero(function, structs, case)
        if zero:
            out.append("  if (status != SEMPER_OK) {" + " ".join(zero) + "}")
        for parameter in function.parameters:
            if parameter.type.endswith("**") and parameter.name != "error" \
                    and parameter.name not in case.changed:
                handle = parameter.type.removesuffix("_t**")
                out.append(f"  {handle}_free(out_{parameter.name});")
        out.append("  semper_error_free(error);")
        out.append("}")


def write_plain(function, structs, out):
    """Functions that return a value: NULL gives nothing."""
    pointers = [p for p in function.parameters if p.is_pointer]
    if not pointers:
        return
    arguments = ["NULL" if p.is_pointer else "0" for p in function.parameters]
    call = f"{function.name}({', '.join(arguments)})"
    out.append(f"  case_ = \"{function.name}: NULL\";")
    if function.result == "void":
        out.append(f"  {call};")
    elif function.result == "semper_string_view_t":
        out.append(f"  CHECK({call}.size == 0);")
    elif function.result.endswith("*"):
        out.append(f"  CHECK({call} == NULL);")
    else:
        out.append(f"  CHECK({call} == 0);")
    if len(function.parameters) == 2 and function.parameters[1].type == "size_t":
        receiver = good(function, function.parameters[0], structs)
        size = ".size" if function.result == "semper_string_view_t" else ""
        out.append(f"  CHECK({function.name}({receiver}, (size_t)-1){size} == 0);")


def main():
    functions, structs = header.read(sys.argv[1])
    out = ["/* Written by generate_arguments.py. */", '#include "arguments.h"', ""]
    for suffix, chosen in (("", [f for f in functions if not f.name.startswith("semper_call_")]),
                           ("_of_a_call", [f for f in functions if f.name.startswith("semper_call_")])):
        out.append(f"static void check_functions{suffix}(struct fixture *fixture) {{")
        out.append("  const semper_string_view_t no_data = {NULL, 5};")
        out.append("  const semper_string_view_t empty = {NULL, 0};")
        out.append("  const semper_error_t *failure = fixture->failure;")
        out.append("  (void)no_data; (void)empty; (void)failure;")
        for function in chosen:
            if not suffix:
                out.append("  refill(fixture);")
            (write_fallible if function.is_fallible else write_plain)(function, structs, out)
        out.append("}\n")
    out.append("int main(void) { return run(check_functions, check_functions_of_a_call); }")
    print("\n".join(out))


if __name__ == "__main__":
    main()

"""What semper.h and debug.h declare, read from their text."""

import pathlib
import re

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FUNCTION = re.compile(r"SEMPER_API\s+([\w\s]+?[\s*]+)(semper_\w+)\s*\(([^)]*)\)\s*;")
STRUCT = re.compile(r"typedef struct (semper_\w+) \{(.*?)\n\}", re.DOTALL)
VIEW = re.compile(r"^\s+semper_string_view_t (\w+);", re.MULTILINE)


class Parameter:
    def __init__(self, text):
        match = re.fullmatch(r"(.*?[\s*])(\w+)", " ".join(text.split()))
        self.type = match.group(1).replace(" *", "*").replace("* ", "*").strip()
        self.name = match.group(2)

    @property
    def is_pointer(self):
        return self.type.endswith("*")


class Function:
    def __init__(self, result, name, parameters):
        self.result = " ".join(result.split())
        self.name = name
        text = parameters.strip()
        self.parameters = [] if text == "void" else [Parameter(p) for p in text.split(",")]

    @property
    def is_fallible(self):
        return bool(self.parameters) and self.parameters[-1].name == "error" \
            and self.parameters[-1].type == "semper_error_t**"


def read(include):
    """All functions; and the structs that have a struct_size, each with its members that are views."""
    text = "".join((pathlib.Path(include) / "semper" / name).read_text()
                   for name in ("semper.h", "debug.h"))
    text = COMMENT.sub("", text)
    functions = [Function(*match.groups()) for match in FUNCTION.finditer(text)]
    structs = {name: VIEW.findall(members) for name, members in STRUCT.findall(text)
               if name != "semper_string_view"}
    return functions, structs

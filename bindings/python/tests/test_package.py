"""The package itself: what is in the wheel, which library it takes, what its README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

import semper
from semper import _semper

PACKAGE = Path(semper.__file__).parent


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def blocks(language: str) -> list[str]:
    text = (ROOT / "bindings" / "python" / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_example_of_the_readme():
    example, providers = blocks("python")
    assert len([line for line in example.splitlines() if line]) <= 10
    done = run(example)
    assert (done.stderr, done.stdout) == ("", blocks("text")[0])
    assert run(providers).returncode == 0


@pytest.mark.skipif("SEMPER_WHEEL" not in os.environ, reason="run_tests builds the wheel")
def test_what_is_in_the_wheel():
    names = set(zipfile.ZipFile(os.environ["SEMPER_WHEEL"]).namelist())
    assert {"semper/__init__.py", "semper/_semper.pyi", "semper/py.typed"} <= names
    libraries = sorted(name for name in names if ".so" in name)
    assert len(libraries) == 2
    assert re.fullmatch(r"semper/_semper\.[^/]*\.so", libraries[0])
    assert libraries[1] == "semper/libsemper.so.1"


def test_the_library_beside_the_module_is_used():
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    used = {line.split()[-1] for line in maps.splitlines() if "libsemper" in line}
    assert used == {str(PACKAGE / "libsemper.so.1")}


def test_a_library_of_another_version_is_refused(tmp_path):
    source = tmp_path / "other.c"
    source.write_text("unsigned semper_abi_version(void) { return 2u << 16 | 7u; }\n")
    library = tmp_path / "other.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    done = run("import semper", LD_PRELOAD=str(library))
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: the package semper was built for version 1.0")
    assert f"{library} has version 2.7" in last and "LD_LIBRARY_PATH" in last


def test_everything_public_has_a_docstring():
    for name in semper.__all__:
        thing = getattr(semper, name)
        assert thing.__doc__, name
        for member in vars(thing) if isinstance(thing, type) else ():
            value = getattr(thing, member)
            if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                assert value.__doc__, f"{name}.{member}"


def test_importing_says_nothing_and_leaves_nothing():
    done = run(
        """
        import semper
        from semper import _semper
        _semper.set_leak_warnings(True)
        policies = semper.compile("examples/policies", accounts="examples/accounts.json")
        record = policies.evaluate(b"{}")[0]
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_help_names_the_public_module():
    assert _semper.__name__ == "semper._semper"
    assert "evaluate_many" in dir(semper.PolicySet)

"""S6: nothing in the product or its examples makes code of data, by a scan of the syntax trees."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("python", "examples", "bench")

BANNED_MODULES = frozenset(
    {"pickle", "_pickle", "cPickle", "marshal", "dill", "joblib", "cloudpickle", "shelve", "yaml"}
)
BANNED_CALLS = frozenset({"eval", "exec", "compile", "__import__"})
BANNED_ATTRIBUTES = frozenset(
    {"recv_pyobj", "send_pyobj", "read_pickle", "to_pickle", "unsafe_load", "full_load"}
)


def offences(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and name of everything banned."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found += [(node.lineno, n.name) for n in names if root(n.name) in BANNED_MODULES]
            case ast.ImportFrom(module=str(module)) if root(module) in BANNED_MODULES:
                found.append((node.lineno, module))
            case ast.Call(func=ast.Name(id=name)) if name in BANNED_CALLS:
                found.append((node.lineno, name))
            case ast.Attribute(attr=name) if name in BANNED_ATTRIBUTES:
                found.append((node.lineno, name))
            case ast.Call(func=ast.Attribute(attr="import_module"), args=[ast.Constant(value=v)]):
                found += [(node.lineno, str(v))] if root(str(v)) in BANNED_MODULES else []
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                found.append((node.value.lineno, "allow_pickle=True"))
            case _:
                pass
    return found


def root(module: str) -> str:
    return module.partition(".")[0]


def files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *(f"{folder}/**/*.py" for folder in FOLDERS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    if listed:
        return [ROOT / line for line in listed if (ROOT / line).is_file()]
    return [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]


def test_s6_no_product_file_can_make_code_of_data() -> None:
    found = {}
    for path in files():
        name = str(path.relative_to(ROOT))
        bad = offences(ast.parse(path.read_text(encoding="utf-8"), filename=name))
        if bad:
            found[name] = bad
    assert len(files()) > 100
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "import pickle as p",
        "from marshal import loads",
        "def f():\n    import joblib.numpy_pickle",
        "import importlib\nimportlib.import_module('pickle')",
        "__import__('os')",
        "eval('1')",
        "socket.recv_pyobj()",
        "frame.read_pickle('x')",
        "np.load('x', allow_pickle=True)",
        "from yaml import load",
    ],
)
def test_the_scan_finds_what_it_is_for(text: str) -> None:
    assert offences(ast.parse(text))

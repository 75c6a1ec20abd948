"""The project's source files, as the tests of this folder read them."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = {
    "mockserver": "mockserver",
    "contracts": "mockserver.contracts",
    "tools": "tools",
    "benchmarks": "benchmarks",
}
"""Folder at the top of the tree -> the name that it is imported by."""


@cache
def files() -> dict[str, Path]:
    """Return every module of the project by the name that it is imported by."""
    found = {}
    for folder, package in PACKAGES.items():
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            if (folder, parts[0]) == ("mockserver", "contracts"):
                continue  # the link to the folder at the top
            found[".".join((package, *(part for part in parts if part != "__init__")))] = path
    return found


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, inside_functions: bool = True) -> Iterator[str]:
    """Yield the modules that a file imports, as full names."""
    for node in _statements(tree(path), inside_functions):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in files() else node.module


def _statements(module: ast.Module, inside_functions: bool) -> Iterator[ast.AST]:
    """Yield the nodes of a module; without functions and type-checking blocks, only what runs when it is imported."""
    if inside_functions:
        yield from ast.walk(module)
        return
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        waiting += ast.iter_child_nodes(node)


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method, inner ones included."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def offenders(faults: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return the modules that have faults. One test for all modules costs a hundredth of a test for each."""
    return {module: wrong for module, wrong in sorted(faults.items()) if wrong}

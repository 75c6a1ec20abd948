"""Folders are layers: a module imports only from its own folder and from those above it in the list."""

import ast
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.project.source import files, functions, imports, offenders, tree

PURE = ("core", "openapi", "wires", "accounts", "faults", "scenarios", "engine", "external")
"""Layers without I/O."""

LAYERS = (
    *(f"mockserver.{folder}" for folder in PURE),
    *(
        "mockserver.files",
        "mockserver.journal",
        "mockserver.coverage",
        "mockserver.recording",
        "mockserver.server",
        "mockserver.upstream",
        "mockserver.control",
        "mockserver.testing",
        "mockserver.agents",
    ),
    *("mockserver.contracts", "mockserver.gate", "mockserver.exam", "mockserver.cli"),
    *("mockserver.contracts.conftest", "mockserver.contracts.hooks", "mockserver.contracts.test_gateway"),
    *("mockserver", "tools", "benchmarks"),
)
"""The layers, lowest first. pytest and schemathesis start the gate through three files of `contracts`; `mockserver`
alone is the package's own `__init__` and `__main__`.
"""

IMPURE = {"asyncio", "socket", "threading", "time", "random", "secrets", "logging", "os", "pathlib"}
IMPURE_CALLS = ("datetime.now", "datetime.datetime.now", "open", "print")
EXEMPT: Mapping[str, set[str]] = {
    "mockserver.core.clock": {"time"},  # the one module that reads the time
    "mockserver.scenarios.faker_values": {"threading"},  # a lock: faker is not safe to share between threads
}

LONGEST_FILE = 400
LONGEST_FUNCTION = 45


def layer_of(module: str) -> int:
    """Return the index of the innermost layer that a module belongs to."""
    fitting = [layer for layer in LAYERS if module == layer or module.startswith(f"{layer}.")]
    return LAYERS.index(max(fitting, key=len))


def test_a_module_imports_only_from_its_own_layer_and_those_above() -> None:
    wrong = {}
    for module, path in files().items():
        own = {target for target in imports(path) if target in files() and target != "mockserver"}
        wrong[module] = sorted(target for target in own if layer_of(target) > layer_of(module))
    assert offenders(wrong) == {}


def test_no_modules_import_each_other() -> None:
    graph = {
        module: {target for target in imports(path, inside_functions=False) if target in files()} - {module}
        for module, path in files().items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_pure_layer_does_no_io() -> None:
    wrong = {}
    for module, path in files().items():
        if layer_of(module) < len(PURE):
            impure = sorted(set(imports(path)) & IMPURE - EXEMPT.get(module, set()))
            calls = [ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
            wrong[module] = impure + [call for call in calls if call in IMPURE_CALLS]
    assert offenders(wrong) == {}


def test_a_file_is_short_enough_to_read() -> None:
    lines = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in files().items()}
    assert {module: count for module, count in lines.items() if count > LONGEST_FILE} == {}


def test_a_function_is_short_enough_to_read() -> None:
    long = {
        module: [node.name for node in functions(tree(path)) if own_lines(node) > LONGEST_FUNCTION]
        for module, path in files().items()
    }
    assert offenders(long) == {}


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its signature, docstring and inner functions."""
    inner = sum(
        (node.end_lineno or 0) - min([node.lineno, *(mark.lineno for mark in node.decorator_list)]) + 1
        for node in ast.walk(function)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node is not function
    )
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 - inner if body else 0

"""Folders are layers: a module imports only from its own folder and from those above it in the list."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PURE = ("core", "openapi", "wires", "accounts", "faults", "scenarios", "engine", "external")
"""Layers without I/O."""

LAYERS = (
    *(f"mockserver.{folder}" for folder in PURE),
    *("mockserver.files", "mockserver.journal", "mockserver.server", "mockserver.control", "mockserver.testing"),
    *("mockserver.contracts", "mockserver.gate", "mockserver.cli", "mockserver", "tools", "benchmarks"),
    *("mockserver.contracts.conftest", "mockserver.contracts.hooks", "mockserver.contracts.test_gateway"),
)
"""The layers, lowest first. `mockserver` alone is the package's own `__init__` and `__main__`. The modules at
the end are entry points: through them pytest and schemathesis start the gate."""

IMPURE = {"asyncio", "socket", "threading", "time", "random", "secrets", "logging", "os", "pathlib"}
LONGEST = 450


def files() -> dict[str, Path]:
    """Every module of the project, by the name that it is imported by."""
    roots = {
        "mockserver": "mockserver",
        "contracts": "mockserver.contracts",
        "tools": "tools",
        "benchmarks": "benchmarks",
    }
    found = {}
    for folder, package in roots.items():
        for path in (ROOT / folder).rglob("*.py"):
            inner = path.relative_to(ROOT / folder).with_suffix("").parts
            if inner[:1] == ("contracts",):
                continue  # the link to the folder at the top
            found[".".join((package, *(part for part in inner if part != "__init__")))] = path
    return found


FILES = files()


def layer_of(module: str) -> int:
    """The index of the innermost layer that a module belongs to."""
    fitting = [layer for layer in LAYERS if module == layer or module.startswith(f"{layer}.")]
    return LAYERS.index(max(fitting, key=len))


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in FILES else node.module


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_module_imports_only_from_its_own_layer_and_those_above(module: str) -> None:
    own = {target for target in imports(FILES[module]) if target in FILES and target != "mockserver"}
    assert sorted(target for target in own if layer_of(target) > layer_of(module)) == []


@pytest.mark.parametrize("module", sorted(name for name in FILES if layer_of(name) < len(PURE)))
def test_pure_layers_do_no_io(module: str) -> None:
    allowed = {"mockserver.core.clock": {"time"}, "mockserver.scenarios.faker_values": {"threading"}}.get(module, set())
    assert sorted(set(imports(FILES[module])) & IMPURE - allowed) == []


@pytest.mark.parametrize("module", sorted(FILES))
def test_a_file_is_short_enough_to_read(module: str) -> None:
    assert len(FILES[module].read_text(encoding="utf-8").splitlines()) <= LONGEST

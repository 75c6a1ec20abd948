"""The layers of the house: a module imports only from its own row and the rows above it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "mockserver"

LAYERS: list[tuple[str, set[str]]] = [
    ("words", {"errors", "actions", "clock", "dice", "conversation", "plans", "ledger"}),
    ("language", {"units", "account", "spread", "scenario"}),
    (
        "rules",
        {
            *("contract", "keys", "catalogue", "matching", "templates", "pacing", "script", "router"),
            *(
                "session",
                "replies",
                "answers",
                "patterns",
                "pointers",
                "fake",
                "index",
                "casting",
                "responses",
                "checks",
            ),
            *("samples", "samples.schema", "samples.parts", "samples.values", "samples.patterns"),
            *("foreign", "foreign.document", "foreign.schemas", "foreign.security", "foreign.parameters"),
            *("foreign.bodies", "foreign.media", "foreign.answers", "foreign.endpoint", "foreign.operations"),
            *("faults", "faults.fault", "faults.shapes", "faults.http", "faults.connection", "faults.framing"),
            *("faults.sequence", "faults.fields", "faults.calls", "faults.content", "faults.delays", "faults.extras"),
            *("faults.headers", "faults.pieces"),
            *("accounts", "account_answers", "billing", "tokens", "models", "cors", "asking", "staging"),
            *("steering", "decision"),
            *("wire", "wire.sse", "wire.chunks", "wire.pairing", "wire.failures", "wire.anthropic", "wire.openai"),
        },
    ),
    ("engine", {"engine", "chaos"}),
    (
        "memory",
        {
            *("dryrun", "explaining", "editors", "yamllimits", "yamlfile", "loader", "shipped", "library"),
            *("sessions", "redis_store", "accountfiles", "journal", "foreign.reading", "foreign.checks"),
            *("chaosfiles", "faultpages"),
            *(
                "capture",
                "tally",
                "delivered",
                "wording",
                "records",
                "shelf",
                "telling",
                "verifying",
                "attempts",
                "blame",
                "verdict",
                "snapshots",
            ),
        },
    ),
    (
        "edges",
        {
            *("connection", "delivery", "traffic", "player", "app", "openapi31", "playing", "front", "steered"),
            "remote",
            *("control", "control.guard", "control.hub", "control.desk", "control.books", "control.feed"),
            "control.carrying",
            *("control.models", "control.shapes", "control.shown", "control.copies", "control.metrics"),
            *("control.application", "control.exchange_routes", "control.session_routes", "control.scenario_routes"),
            *("control.steering_routes", "control.judging_routes", "control.server_routes"),
        },
    ),
    (
        "front doors",
        {
            "server",
            "workers",
            *("host", "holding", "dials", "testing", "starting", "pytest_plugin", "commands.start"),
            "commands",
            "commands.errors",
            "commands.faults",
            "commands.contracts",
            "commands.serve",
            *(
                "commands.panel",
                "commands.watching",
                "commands.lines",
                "commands.tail",
                "commands.links",
                "commands.verdict",
            ),
            "commands.files",
            *("commands.gate", "commands.check"),
            "cli",
            "__main__",
            *("gate", "gate.client", "gate.budget", "gate.profiles", "gate.probe", "gate.aids", "gate.ledger"),
            *(
                "gate.runner",
                "gate.baseline",
                "gate.compare",
                "gate.relay",
                "gate.proxy",
                "gate.passing",
                "gate.testing",
                "gate.coding",
                "gate.hiding",
            ),
            *(
                "gate.reports",
                "gate.reports.curl",
                "gate.reports.terminal",
                "gate.reports.machine",
                "gate.reports.page",
                "gate.reports.scanning",
            ),
        },
    ),
]
ROW = {name: row for row, (_, names) in enumerate(LAYERS) for name in names}
PURE_ROWS = 4
"""The rows of words, language, rules and engine."""

IMPURE = {"asyncio", "socket", "time", "random", "logging", "os", "pathlib"}


def modules() -> dict[str, Path]:
    """Every module of the package, by its name below the package."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name and "shipped" not in parts[:-1]:
            found[name] = path
    return found


def imports(path: Path) -> Iterator[str]:
    """The names that a module imports when it is imported or run."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_module_has_its_row() -> None:
    assert set(modules()) == set(ROW)


@pytest.mark.parametrize("name", sorted(ROW))
def test_a_module_imports_only_from_its_own_row_and_those_above(name: str) -> None:
    own = {target.removeprefix("mockserver.") for target in imports(modules()[name])} & set(ROW)
    below = sorted(target for target in own if ROW[target] > ROW[name])
    assert below == []


@pytest.mark.parametrize("name", sorted(name for name, row in ROW.items() if row < PURE_ROWS))
def test_the_rows_down_to_the_engine_do_no_io(name: str) -> None:
    allowed = {"time"} if name == "clock" else set[str]()
    assert sorted(set(imports(modules()[name])) & IMPURE - allowed) == []


@pytest.mark.parametrize("name", sorted(ROW))
def test_a_module_is_one_room(name: str) -> None:
    assert len(modules()[name].read_text(encoding="utf-8").splitlines()) <= 450

"""What a new promise, report format or command needs: each thing that is missing is named, with the command to run.

The pages are docs/extending/promise.md, report-format.md and cli-command.md.
"""

import pkgutil
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
import pytest

from mockserver import cli
from mockserver.cli.contract import contract
from mockserver.cli.main import COMMANDS, command_of, main
from mockserver.contracts import checks, probes
from mockserver.contracts.check import Check
from mockserver.contracts.probe import ProbeCase
from mockserver.contracts.promises import PROMISES
from mockserver.contracts.suite import CHECKS, PROBES
from mockserver.files.bundled import OPENAPI
from mockserver.gate import reports
from mockserver.gate.reports import FORMATS
from tests.gate.support import command
from tools.mutants.catalogue import MUTANTS

DOCS = Path(OPENAPI).parent / "docs"
WRITTEN = [path for path in sorted(DOCS.glob("*.md")) if path.name != "cli.md"]  # that one is generated, and names all
PAGES = "\n".join(path.read_text(encoding="utf-8") for path in (DOCS.parent / "README.md", *WRITTEN))
BROKEN_BY = {promise for mutant in MUTANTS.values() for promise in mutant.promises}
EXAMINED = {*CHECKS, *(promise for case in PROBES for promise in case.promises)}


def modules(package: ModuleType) -> list[ModuleType]:
    """Return the modules of a folder."""
    return [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]


# A promise


@pytest.mark.parametrize("name", list(PROMISES))
def test_a_promise_has_all_that_it_needs(name: str) -> None:
    missing = []
    if name not in EXAMINED:
        missing.append("a check in contracts/checks/ (@check), or a probe in contracts/probes/ (@probe)")
    if name not in BROKEN_BY:
        missing.append(
            "a mutant in tools/mutants/ whose row names it; "
            "then run: python -m tools.mutants --profile full --only MUTANT"
        )
    if f"| `{name}` | {PROMISES[name].sentence} |" not in (DOCS / "promises.md").read_text(encoding="utf-8"):
        missing.append("its line in docs/promises.md; run: mockserver contract promises --markdown > docs/promises.md")
    assert missing == [], f"the promise {name} lacks {'; '.join(missing)}"


def test_the_page_of_promises_is_up_to_date() -> None:
    written = (DOCS / "promises.md").read_text(encoding="utf-8")
    assert command("promises", "--markdown").output == written, (
        "docs/promises.md is out of date; run: mockserver contract promises --markdown > docs/promises.md"
    )


@pytest.mark.parametrize("module", [*modules(checks), *modules(probes)], ids=lambda module: module.__name__)
def test_every_check_and_probe_is_in_the_table_of_its_file(module: ModuleType) -> None:
    table = getattr(module, "CHECKS" if "checks" in module.__name__ else "PROBES")
    here = [name for name, value in vars(module).items() if isinstance(value, Check | ProbeCase)]
    unlisted = [name for name in here if getattr(module, name) not in table]
    assert unlisted == [], f"add {', '.join(unlisted)} to the table at the end of {module.__name__}"
    used = [*CHECKS.values(), *PROBES]
    assert [row for row in table if row not in used] == [], f"add the table of {module.__name__} to contracts/suite.py"


def test_no_promise_has_two_checks() -> None:
    promises = [row.promise for module in modules(checks) for row in module.CHECKS]
    assert sorted(promises) == sorted(set(promises))


def test_a_mutant_breaks_promises_that_exist() -> None:
    unknown = {name: set(mutant.promises) - set(PROMISES) for name, mutant in MUTANTS.items()}
    assert {name: promises for name, promises in unknown.items() if promises} == {}
    assert [name for name, mutant in MUTANTS.items() if not mutant.promises] == []


# A report format


def test_every_report_file_is_in_the_table() -> None:
    names = {module.__name__.rpartition(".")[2] for module in modules(reports) if hasattr(module, "render")}
    unlisted = names - {report.name for report in FORMATS}
    assert unlisted == set(), f"add {', '.join(unlisted)} to FORMATS in mockserver/gate/reports/__init__.py"


@pytest.mark.parametrize("name", [report.name for report in FORMATS])
def test_a_report_format_has_a_file(name: str) -> None:
    file = Path(reports.__path__[0]) / f"{name}.py"
    assert file.is_file(), f"the report format {name} lacks the file {file} with a function render(run) -> bytes"


@pytest.mark.parametrize("name", [report.name for report in FORMATS])
def test_a_report_format_is_on_the_page_of_the_gate(name: str) -> None:
    page = (DOCS / "contract-gate.md").read_text(encoding="utf-8")
    assert f"`--{name}`" in page, f"the report format {name} lacks a mention of `--{name}` in docs/contract-gate.md"


# A command


def commands() -> dict[str, click.Command]:
    """Return every command by what a user types after `mockserver`."""
    inner = {f"contract {name}": found for name, found in contract.commands.items()}
    return {**{name: command_of(name) for name in COMMANDS}, **inner}


def test_every_file_with_a_command_is_in_a_table() -> None:
    found = {
        module.__name__.rpartition(".")[2]: value
        for module in modules(cli)
        for value in vars(module).values()
        if isinstance(value, click.Command)
    }
    listed = {*commands().values(), main}
    unlisted = [name for name, value in found.items() if value not in listed]
    assert unlisted == [], f"add {', '.join(unlisted)} to the table in mockserver/cli/main.py"


@pytest.mark.parametrize("name", sorted(commands()))
def test_a_command_has_help_and_is_in_the_documentation(name: str) -> None:
    missing = []
    if not (commands()[name].help or "").strip():
        missing.append("a docstring, which is its help")
    for parameter in commands()[name].params:
        if isinstance(parameter, click.Option) and not parameter.help:
            missing.append(f"help for {parameter.opts[0]}")
    if not re.search(rf"mockserver {name}\b", PAGES):
        missing.append(f"a mention of `mockserver {name}` in README.md or docs/*.md")
    assert missing == [], f"the command {name} lacks {'; '.join(missing)}"

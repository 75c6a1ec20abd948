"""`mockserver lint`: finds every mistake of scenario files in one pass."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.cli.contract_option import contract_option, open_contract
from mockserver.cli.errors import report_errors
from mockserver.core.errors import AuthorError, OperatorError, Problem

if TYPE_CHECKING:
    from mockserver.openapi.contract import Contract


def _as_text(problem: Problem) -> str:
    return str(problem)


def _as_json(problem: Problem) -> str:
    import msgspec

    return msgspec.json.encode(problem).decode()


def _as_github(problem: Problem) -> str:
    """Return a workflow command of GitHub Actions: an annotation on the line."""
    message = f"{problem.path}: {problem.message}" if problem.path else problem.message
    file = _escaped(problem.file).replace(":", "%3A").replace(",", "%2C")
    return f"::error file={file},line={problem.line},col={problem.column}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


FORMATS: dict[str, Callable[[Problem], str]] = {"text": _as_text, "json": _as_json, "github": _as_github}


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...")
@click.option(
    "--format", "form", type=click.Choice(sorted(FORMATS)), default="text", show_default=True, help="Output format."
)
@contract_option
@report_errors
def lint(paths: tuple[str, ...], form: str, external: Path | None) -> None:
    """Check scenario files and print every mistake. Exit code 1 if there is one."""
    from mockserver.files import loader

    contract, _ = open_contract(external)
    files = [file for path in paths for file in (loader.discover(Path(path)) if Path(path).is_dir() else [Path(path)])]
    if not files:
        raise OperatorError(f"{' '.join(paths)}: no scenario file (*.yaml) in there")
    problems = _problems(files, contract)
    for problem in problems:
        click.echo(FORMATS[form](problem))
    if form == "text":
        summary = f"{len(files)} file{'s' if len(files) > 1 else ''} checked, "
        click.echo(summary + (f"{len(problems)} mistakes." if len(problems) != 1 else "1 mistake."), err=bool(problems))
    sys.exit(1 if problems else 0)


def _problems(files: Iterable[Path], contract: "Contract") -> list[Problem]:
    """Return the mistakes of each file.

    Two scenarios of one name in one folder are a mistake, because they cannot be served together.
    """
    from mockserver.files.library import read_script

    problems: list[Problem] = []
    named: dict[tuple[Path, str], Path] = {}
    for file in files:
        try:
            name = read_script(file, contract).name
        except AuthorError as error:
            problems += error.problems
        except OperatorError as error:
            problems.append(Problem(str(file), 1, 1, "", str(error).removeprefix(f"{file}: ")))
        else:
            twin = named.setdefault((file.parent.resolve(), name), file)
            if twin.resolve() != file.resolve():
                message = f"'{name}' is also the name of {twin}; choose another"
                problems.append(Problem(str(file), 1, 1, "scenario", message))
    return problems

"""The commands for scenario files: `scenarios`, `lint`, `explain`, `schema` and `new`."""

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

SCHEMA_FILE = "scenario.schema.json"


@click.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False))
@report_errors
def scenarios(folder: str | None) -> None:
    """List the scenarios that are shipped, and those in FOLDER."""
    from mockserver.files import bundled
    from mockserver.files.library import load_contract, load_library

    library = load_library(load_contract(), folder)
    width = max((len(name) for name in library.entries), default=0)
    for heading, own in (("Shipped", False), (f"In {folder}", True)):
        found = [entry for entry in library.entries.values() if (entry.file.parent != bundled.SCENARIOS) is own]
        if found:
            click.echo(f"{heading}:")
        for entry in found:
            click.echo(f"  {entry.script.name:<{width}}  {entry.script.about}")
    click.echo("\nPlay one:  mockserver serve --scenario NAME   or with the API key  sk_mock_NAME")


def _as_text(problem: Problem) -> str:
    return str(problem)


def _as_json(problem: Problem) -> str:
    import msgspec

    return msgspec.json.encode(problem).decode()


def _as_github(problem: Problem) -> str:
    """A workflow command of GitHub Actions: an annotation on the line."""
    message = f"{problem.path}: {problem.message}" if problem.path else problem.message
    file = _escaped(problem.file).replace(":", "%3A").replace(",", "%2C")
    return f"::error file={file},line={problem.line},col={problem.column}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


FORMATS: dict[str, Callable[[Problem], str]] = {"text": _as_text, "json": _as_json, "github": _as_github}


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="text", show_default=True)
@contract_option
@report_errors
def lint(paths: tuple[str, ...], form: str, foreign: Path | None) -> None:
    """Check scenario files: every mistake in one pass, one a line; exit code 1 if there is any."""
    from mockserver.files import loader

    contract, _ = open_contract(foreign)
    files = [file for path in paths for file in (loader.discover(Path(path)) if Path(path).is_dir() else [Path(path)])]
    if not files:
        raise OperatorError(f"{' '.join(paths)}: no scenario file (*.yaml) in there")
    problems = _problems(files, contract)
    for problem in problems:
        click.echo(FORMATS[form](problem))
    if form == "text":
        right = f"{len(files)} file{'s' if len(files) > 1 else ''} checked, "
        click.echo(right + (f"{len(problems)} mistakes." if len(problems) != 1 else "1 mistake."), err=bool(problems))
    sys.exit(1 if problems else 0)


def _problems(files: Iterable[Path], contract: "Contract") -> list[Problem]:
    """What is wrong with each file, and with two of one name in one folder, which could not be served together."""
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


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--request", "request", required=True, metavar="FILE|-", help="A JSON body, or a curl command; - is stdin."
)
@click.option("--path", help="The path of the request; found from the body if missing.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header of the request.")
@contract_option
@report_errors
def explain(file: Path, request: str, path: str | None, headers: tuple[str, ...], foreign: Path | None) -> None:
    """Say which turn of FILE answers a request, and why the others do not."""
    from mockserver.files.explain import explain_lines, read_request
    from mockserver.files.library import read_script

    contract, _ = open_contract(foreign)
    try:
        text = sys.stdin.read() if request == "-" else Path(request).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{request}: cannot be read: {error}") from None
    for line in explain_lines(read_script(file, contract), contract, read_request(text, path, headers)):
        click.echo(line)


@click.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from mockserver.files.editor_schema import scenario_schema

    click.echo(scenario_schema(), nl=False)


@click.command()
@click.argument("name")
@report_errors
def new(name: str) -> None:
    """Write NAME.yaml, a small commented scenario to start from, and the schema for your editor beside it."""
    from mockserver.files.editor_schema import first_scenario, scenario_schema

    file = Path(f"{name}.yaml")
    text = first_scenario(name, SCHEMA_FILE)
    if file.exists():
        raise OperatorError(f"{file} is there already; choose another name, or remove it")
    file.write_text(text, encoding="utf-8")
    Path(SCHEMA_FILE).write_text(scenario_schema(), encoding="utf-8")
    click.echo(f"Wrote {file}, and {SCHEMA_FILE} for your editor. Play it:\n\n  mockserver serve --scenario {file}")

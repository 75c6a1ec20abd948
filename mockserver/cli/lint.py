"""`mockserver lint`: finds every mistake of scenarios, chaos profiles and accounts files in one pass."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from mockserver.cli.contract_option import contract_options, open_contract
from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.cli.progress import with_progress
from mockserver.core.errors import OperatorError, Problem


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

CONTRACT_HINT = "If the unknown operations are in an OpenAPI document of your own, add --contract FILE."


EXAMPLES = {
    "mockserver lint my-scenarios/": "check every file of a folder",
    "mockserver lint mine.yaml --json": "a line of JSON for each mistake",
    "mockserver lint mine.yaml --format github": "annotations in GitHub Actions",
}


@click.command(epilog=manual(EXAMPLES, "scenarios"))
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...")
@click.option(
    "--format", "form", type=click.Choice(sorted(FORMATS)), default="text", show_default=True, help="Output format."
)
@click.option("--json", "form", flag_value="json", help="Print a line of JSON for each mistake: --format json.")
@contract_options
@report_errors
def lint(paths: tuple[str, ...], form: str, external: Path | None, extensions: tuple[str, ...]) -> None:
    """Check scenarios, chaos profiles and accounts files; print every mistake. Exit code 1 if there is one."""
    from mockserver.exam.cases import lint_headers
    from mockserver.files import loader
    from mockserver.files.lint import lint_files, lint_notes
    from mockserver.scenarios.validate import UNKNOWN_OPERATION

    contract, _ = open_contract(external, extensions)
    files = [file for path in paths for file in (loader.discover(Path(path)) if Path(path).is_dir() else [Path(path)])]
    if not files:
        raise OperatorError(f"{' '.join(paths)}: no file (*.yaml) in there")
    problems = lint_files(with_progress(files, "Checking file"), contract)
    problems += lint_headers(files) if not problems else []
    for problem in problems:
        click.echo(FORMATS[form](problem))
    if form != "json":
        for note in lint_notes(files, contract):
            click.echo(FORMATS[form](note).replace("::error ", "::notice ", 1) if form == "github" else f"note: {note}")
    if form == "text":
        summary = f"{len(files)} file{'s' if len(files) > 1 else ''} checked, "
        click.echo(summary + (f"{len(problems)} mistakes." if len(problems) != 1 else "1 mistake."), err=bool(problems))
        if external is None and any(problem.message.startswith(UNKNOWN_OPERATION) for problem in problems):
            click.echo(CONTRACT_HINT, err=True)
    sys.exit(1 if problems else 0)

"""`mockserver import`: a recording or fixtures of another tool become a scenario."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.cli.contract_option import contract_options, open_contract
from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.core.errors import AuthorError, OperatorError

if TYPE_CHECKING:
    from mockserver.core.conversation import Json
    from mockserver.openapi.contract import Contract

LARGEST = 256 * 1024 * 1024
"""Bytes of a file."""

NAMES = ("har", "vcr", "aimock", "llmposter")

EXAMPLES = {
    "mockserver import session.har": "write session.yaml",
    "mockserver import cassettes/test_agent.yaml --out agent.yaml": "a cassette of vcrpy or pytest-recording",
}


@click.command(name="import", epilog=manual(EXAMPLES, "recording"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="File to write; default: FILE.yaml here.")
@click.option("--from", "format", type=click.Choice(NAMES), help="Format of the file; recognised if omitted.")
@click.option(
    "--redact", "patterns", multiple=True, metavar="PATTERN", help="Regular expression of a further secret; repeatable."
)
@contract_options
@report_errors
def import_(
    file: Path,
    out: Path | None,
    format: str | None,
    patterns: tuple[str, ...],
    external: Path | None,
    extensions: tuple[str, ...],
) -> None:
    """Write a scenario of a HAR, a VCR cassette, aimock or llmposter fixtures.

    What cannot be carried over is printed line by line. Exit code 1 if anything was, or the scenario has mistakes.
    """
    from mockserver.recording.importers import read, scenario_from
    from mockserver.upstream.recorder import file_name, write_private

    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise OperatorError(f"--redact: '{pattern}' is not a regular expression: {error}") from None
    contract, _ = open_contract(external, extensions)
    imported = read(_value(file), format)
    name = file_name(file.stem)
    out = out if out is not None else Path(f"{name}.yaml")
    if out.exists():
        raise OperatorError(f"{out} exists; choose another name with --out, or move it away")
    text = scenario_from(imported, name, contract, patterns)
    try:
        write_private(out, text)
    except OSError as error:
        raise OperatorError(f"{out}: cannot be written: {error.strerror or error}") from None
    click.echo(f"Wrote {out}.")
    lines = [*[f"{file}: {loss}" for loss in imported.losses], *_mistakes(out, contract)]
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1 if lines else 0)


def _value(file: Path) -> "Json":
    """Return the JSON or YAML of a file. Raises `OperatorError` if it has neither."""
    import yaml

    from mockserver.core import fast_yaml
    from mockserver.core.json_text import json_or_none

    try:
        if file.stat().st_size > LARGEST:
            raise OperatorError(f"{file}: larger than {LARGEST // 1024**2} MB")
        source = file.read_bytes()
    except OSError as error:
        raise OperatorError(f"{file}: cannot be read: {error.strerror or error}") from None
    value = json_or_none(source)
    if value is not None:
        return value
    try:
        return fast_yaml.load(source.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise OperatorError(f"{file}: neither JSON nor YAML: {str(error).partition(chr(10))[0]}") from None


def _mistakes(file: Path, contract: "Contract") -> list[str]:
    """Return what `lint` would say of the scenario."""
    from mockserver.files.library import read_script

    try:
        read_script(file, contract)
    except AuthorError as error:
        return [str(problem) for problem in error.problems]
    return []

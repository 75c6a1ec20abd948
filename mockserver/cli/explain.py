"""`mockserver explain`: which turn of a scenario answers a request, and why the others do not."""

import sys
from pathlib import Path

import click

from mockserver.cli.contract_option import contract_options, open_contract
from mockserver.cli.errors import report_errors
from mockserver.cli.json_output import json_option, print_json
from mockserver.cli.manual import manual
from mockserver.core.errors import OperatorError

EXAMPLES = {
    "mockserver explain mine.yaml --request body.json": "which turn answers this body",
    "mockserver explain mine.yaml --request -": "a body or a curl command from standard input",
    "mockserver explain mine.yaml --request body.json --json": "each turn with its differences, for programs",
}


@click.command(epilog=manual(EXAMPLES, "scenarios"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--request", "request", required=True, metavar="FILE|-", help="File with a JSON body or a curl command; - is stdin."
)
@click.option("--path", help="Path of the request; guessed from the body if omitted.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Header of the request.")
@json_option
@contract_options
@report_errors
def explain(
    file: Path,
    request: str,
    path: str | None,
    headers: tuple[str, ...],
    as_json: bool,
    external: Path | None,
    extensions: tuple[str, ...],
) -> None:
    """Explain which turn of FILE answers a request, and why the others do not."""
    from mockserver.files.explain import explain_request
    from mockserver.files.library import read_script
    from mockserver.files.request_text import read_request

    contract, _ = open_contract(external, extensions)
    try:
        text = sys.stdin.read() if request == "-" else Path(request).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{request}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    explanation = explain_request(read_script(file, contract), contract, read_request(text, path, headers))
    if as_json:
        print_json(explanation.model_dump())
        return
    for line in explanation.lines:
        click.echo(line)

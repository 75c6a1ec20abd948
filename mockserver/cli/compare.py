"""`mockserver compare`: whether a real gateway still behaves as a scenario says."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.cli.contract_option import contract_options, open_contract
from mockserver.cli.errors import report_errors
from mockserver.cli.manual import manual
from mockserver.cli.upstream_options import allow_private as allow_private_option
from mockserver.cli.upstream_options import require_packages
from mockserver.core.errors import OperatorError

if TYPE_CHECKING:
    from mockserver.gate.budget import BudgetLimits
    from mockserver.gate.comparison import Comparison
    from mockserver.openapi.contract import Contract
    from mockserver.scenarios.recorded import RecordedAnswer
    from mockserver.upstream.address import UpstreamAddress

MODEL = "qwen-coder-32b"
"""The model of D1's examples."""

EXAMPLES = {
    "mockserver compare weather.yaml --upstream https://gateway.example": "ask, and say what differs",
    "mockserver compare weather.yaml --upstream https://gateway.example --junit drift.xml": "for CI",
}


@click.command(epilog=manual(EXAMPLES, "recording"))
@click.argument("scenario", metavar="SCENARIO")
@click.option("--upstream", required=True, metavar="URL", help="Gateway to ask.")
@click.option(
    "--key", envvar="GATEWAY_KEY", show_envvar=True, help="API key of the gateway; prefer the environment variable."
)
@click.option("--model", default=MODEL, show_default=True, help="Model to ask where a turn names none.")
@click.option("--max-requests", default=50, show_default=True, type=click.IntRange(1), help="Requests to send at most.")
@click.option("--max-tokens", default=100_000, show_default=True, type=click.IntRange(1), help="Tokens to pay at most.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the comparison to FILE as JSON."
)
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path), metavar="FILE", help="Write a JUnit XML report to FILE."
)
@allow_private_option
@contract_options
@report_errors
def compare(
    scenario: str,
    upstream: str,
    key: str | None,
    model: str,
    max_requests: int,
    max_tokens: int,
    json_file: Path | None,
    junit_file: Path | None,
    allow_private: bool,
    external: Path | None,
    extensions: tuple[str, ...],
) -> None:
    """Ask a real gateway the questions of SCENARIO, and say where it answers otherwise in meaning.

    SCENARIO is a file or the name of a shipped scenario. Exit code 0: the same, 1: it differs, 2: could not be checked.
    """
    require_packages()
    from mockserver.gate.budget import BudgetLimits
    from mockserver.gate.options import LOCAL_KEY
    from mockserver.gate.output_file import write_file
    from mockserver.gate.reports import drift
    from mockserver.upstream.address import is_public, upstream_at

    contract, _ = open_contract(external, extensions)
    address = upstream_at(upstream, allow_private=allow_private)
    if key is None:
        if any(is_public(own) for own in address.addresses):
            raise OperatorError("the gateway needs a key: set GATEWAY_KEY or give --key")
        key = LOCAL_KEY
    limits = BudgetLimits(max_requests, max_tokens)
    comparison = _compared(scenario, contract, address, limits, model=model, key=key)
    for line in drift.lines(comparison):
        click.echo(line)
    if json_file is not None:
        write_file(json_file, drift.as_json(comparison))
    if junit_file is not None:
        write_file(junit_file, drift.as_junit(comparison))
    sys.exit(1 if comparison.exit_code == 1 else comparison.exit_code)


def _compared(
    chosen: str, contract: "Contract", address: "UpstreamAddress", limits: "BudgetLimits", *, model: str, key: str
) -> "Comparison":
    """Return the comparison of a scenario with the gateway at an address."""
    import asyncio

    from mockserver.contracts.document import ContractDocument
    from mockserver.files import bundled, loader
    from mockserver.files.library import load_library
    from mockserver.gate.comparison import Comparison, broken_promises, compare
    from mockserver.recording.question import questions
    from mockserver.upstream.asking import asking
    from mockserver.upstream.passthrough import PassThrough

    library = load_library(contract, chosen)
    if library.playing is None:
        raise OperatorError(f"{chosen}: a folder of several scenarios; name one of its files")
    scenario = loader.load(library.files[library.playing]).scenario
    script, answers = library.scripts[library.playing], _answers(library.files[library.playing])
    comparison = Comparison(script.name, address.url)
    broken = broken_promises(ContractDocument.open(bundled.OPENAPI))

    async def run() -> None:
        passthrough = PassThrough(address, lambda exchange, skipped: None)
        try:
            asked = questions(scenario, script, contract, model=model, key=key, answers=answers)
            await compare(comparison, asked, asking(passthrough), limits, broken)
        finally:
            await passthrough.aclose()

    asyncio.run(run())
    return comparison


def _answers(file: Path) -> "list[RecordedAnswer]":
    """Return what the file beside a recording has; nothing if there is none. Raises `OperatorError`."""
    from mockserver.files.sidecar import sidecar_of
    from mockserver.scenarios.recorded import read_answers

    path = sidecar_of(file)
    try:
        return read_answers(path.read_bytes()) if path.is_file() else []
    except (OSError, ValueError) as error:
        raise OperatorError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None

"""`mockserver contract diff OLD NEW`: whether a changed openapi.yaml can break its clients."""

import sys
from pathlib import Path

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.json_output import json_option, print_json
from mockserver.cli.manual import manual

EXAMPLES = {
    "mockserver contract diff old.yaml openapi.yaml": "exit code 1 if a client can break",
    "mockserver contract diff old.yaml openapi.yaml --fail-on risky": "or if it may",
}


@click.command(epilog=manual(EXAMPLES, "contract-gate"))
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@json_option
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "risky"]),
    default="breaking",
    show_default=True,
    help="Exit with code 1 from this level of change upwards.",
)
@report_errors
def diff(old: Path, new: Path, as_json: bool, fail_on: str) -> None:
    """Compare two versions of openapi.yaml. Exit code 1 if NEW can break clients of OLD."""
    from mockserver.gate import contract_diff

    changes = contract_diff.compare(contract_diff.read(old), contract_diff.read(new))
    counts = {level: sum(change.level == level for change in changes) for level in contract_diff.LEVELS}
    if as_json:
        listed = [{"level": change.level, "where": change.where, "what": change.what} for change in changes]
        print_json({"counts": counts, "changes": listed})
    else:
        for change in changes:
            click.echo(change)
        summary = ", ".join(f"{count} {level}" for level, count in counts.items() if count)
        click.echo(summary or "no change that a client can notice")
    failing = contract_diff.LEVELS[: contract_diff.LEVELS.index(fail_on) + 1]
    sys.exit(1 if any(counts[level] for level in failing) else 0)

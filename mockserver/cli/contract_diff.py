"""`mockserver contract diff OLD NEW`: whether clients of one openapi.yaml can live with another."""

import sys
from pathlib import Path

import click

from mockserver.cli.errors import report_errors


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.option(
    "--fail-on",
    type=click.Choice(["breaking", "risky"]),
    default="breaking",
    show_default=True,
    help="Least level of change that makes the exit code 1.",
)
@report_errors
def diff(old: Path, new: Path, as_json: bool, fail_on: str) -> None:
    """Say whether clients of the document OLD can live with NEW. Exit code 1 if not."""
    import orjson

    from mockserver.gate import contract_diff

    changes = contract_diff.compare(contract_diff.read(old), contract_diff.read(new))
    counts = {level: sum(change.level == level for change in changes) for level in contract_diff.LEVELS}
    if as_json:
        told = [{"level": one.level, "where": one.where, "what": one.what} for one in changes]
        click.echo(orjson.dumps({"counts": counts, "changes": told}, option=orjson.OPT_INDENT_2).decode())
    else:
        for change in changes:
            click.echo(change)
        said = ", ".join(f"{count} {level}" for level, count in counts.items() if count)
        click.echo(said or "no change that a client could notice")
    bad = contract_diff.LEVELS[: contract_diff.LEVELS.index(fail_on) + 1]
    sys.exit(1 if any(counts[level] for level in bad) else 0)

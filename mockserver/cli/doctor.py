"""`mockserver doctor`: what on this machine keeps the mock from working, and what to do about it."""

import sys

import click

from mockserver.cli.errors import report_errors
from mockserver.cli.json_output import json_option, print_json
from mockserver.cli.manual import manual

EXAMPLES = {
    "mockserver doctor": "ports 8000 and 8001, the shipped scenarios",
    "mockserver doctor my-scenarios/ --port 9000": "your folder and your port",
    "mockserver doctor --json": "the same, for a bug report",
}

COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}


@click.command(epilog=manual(EXAMPLES, "cli"))
@click.argument("folders", nargs=-1, metavar="[FOLDER]...")
@click.option(
    "--port",
    "ports",
    multiple=True,
    type=click.IntRange(1, 65535),
    default=(8000, 8001),
    show_default=True,
    help="Port that must be free; repeatable.",
)
@json_option
@report_errors
def doctor(folders: tuple[str, ...], ports: tuple[int, ...], as_json: bool) -> None:
    """Check this machine: versions, extras, ports, clock, files, proxies, limits. Exit code 1 if there is a problem."""
    from mockserver.cli.diagnosis import diagnose
    from mockserver.cli.machine import read_machine

    found = diagnose(read_machine(folders, ports))
    if as_json:
        print_json([diagnosis._asdict() for diagnosis in found])
    else:
        for diagnosis in found:
            click.echo(f"{click.style(f'{diagnosis.level:<7}', fg=COLOURS[diagnosis.level])}  {diagnosis.message}")
            if diagnosis.remedy:
                click.echo(f"         {diagnosis.remedy}")
    sys.exit(1 if any(diagnosis.level == "problem" for diagnosis in found) else 0)

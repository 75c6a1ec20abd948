"""Write docs/cli.md, the reference of the command line, from the commands: `python -m tools.cli_reference`."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from mockserver.cli.main import COMMANDS, EPILOG, command_of

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"

INTRODUCTION = """\
# The command line

<!-- Written by `python -m tools.cli_reference`; a test compares. Do not edit. -->

`mockserver COMMAND --help` shows the same as this page, and `mockserver docs PAGE` prints any page; neither needs
a network. `mockserver completion bash` (or `zsh`, `fish`) prints a script that completes commands and options.

Results go to standard output; mistakes, notices and progress go to standard error. Progress is shown on terminals only,
and after a second.

## Exit codes

| code | meaning |
|---|---|
{codes}

The command's own section says when it ends with 1.

## Environment

| variable | meaning |
|---|---|
{variables}

Options have variables too, which their rows name; an option on the command line goes first.
"""


def rows_of(heading: str) -> str:
    """Return a section of the help of `mockserver`, as rows of a table."""
    section = EPILOG.partition(f"{heading}:\n")[2].partition("\n\n")[0]
    rows = [line.strip().split(maxsplit=1) for line in section.splitlines()]
    return "\n".join([f"| `{name}` | {about} |" for name, about in rows])


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield each command after its name; the commands of a group follow it."""
    for name in COMMANDS:
        command = command_of(name)
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", each) for inner, each in command.commands.items())


def section(name: str, command: click.Command) -> Iterator[str]:
    """Yield the paragraphs of one command."""
    context = click.Context(command, info_name=f"mockserver {name}", **command.context_settings)
    level = "###" if " " in name else "##"
    yield f"{level} mockserver {name}"
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        lines = paragraph.splitlines()
        yield "\n".join(["```text", *lines[1:], "```"]) if lines[0] == "\b" else " ".join(lines)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"```text\nmockserver {name} {usage}\n```"
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    records = [option.get_help_record(context) for option in options]
    rows = [f"| `{_cell(record[0])}` | {_cell(record[1])} |" for record in records if record is not None]
    if rows:
        yield "\n".join(["| option | what it does |", "|---|---|", *rows])
    examples, _, page = (command.epilog or "").partition("\n\nMore: mockserver docs ")
    if page:
        lines = inspect.cleandoc("\n".join(examples.splitlines()[2:])).splitlines()
        yield "\n".join(["```console", *[_example(line) for line in lines], "```"])
        if page != PAGE.stem:
            yield f"More: [{page}]({page}.md)"


def _example(line: str) -> str:
    """Return a line of examples as in a session of a shell, where an explanation is a comment."""
    if not line.startswith("mockserver"):
        return line
    return "$ " + re.sub(r"(  +)(?=\S)", r"\1# ", line, count=1)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("  [", " [")


def markdown() -> str:
    """Return docs/cli.md."""
    introduction = INTRODUCTION.format(codes=rows_of("Exit codes"), variables=rows_of("Environment"))
    sections = [part for name, command in commands() for part in section(name, command)]
    return "\n\n".join([introduction.rstrip(), *sections]) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()

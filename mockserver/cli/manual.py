"""What stands below the options in the help of a command: examples, and the page that says more.

The examples are command lines that work as they stand; tests/cli/test_manual.py parses every one. The pages travel
with the package: `mockserver docs PAGE` prints one.
"""

from collections.abc import Iterator, Mapping

import click

LONGEST = 50
"""Characters of a command line beside which its explanation still fits. If one is longer, all stand below theirs."""


def manual(examples: Mapping[str, str], page: str) -> str:
    """Return the epilog of a command: what each command line is an example of, and the page that says more."""
    width = max(map(len, examples))
    rows = (
        [f"  {line:<{width}}  {about}" for line, about in examples.items()]
        if width <= LONGEST
        else [f"  # {about}\n  {line}" for line, about in examples.items()]
    )
    return "\n".join(["\b", "Examples:", *rows, "", f"More: mockserver docs {page}"])


def examples_of(command: click.Command) -> Iterator[str]:
    """Yield the command lines of a command's examples."""
    for line in (command.epilog or "").splitlines():
        if line.startswith("  mockserver "):
            yield line.strip().partition("  ")[0]

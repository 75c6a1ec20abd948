"""Tables of the docs that are made from code: each stands between two comments, and the first names its command."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def markdown(heads: Sequence[str], rows: Iterable[str]) -> str:
    """Return a table in Markdown under these heads; each row is a line with its bars."""
    return "\n".join([f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *rows, ""])


def placed(page: str, name: str, command: str, table: str) -> str:
    """Return the text of a page with `table` between the comments of that name.

    Raise ValueError if the page lacks one of them.
    """
    begin, end = f"<!-- {name}: {command} -->\n", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page needs two lines: {begin.strip()} and {end}")
    return before + begin + table + end + after


def rewrite(page: Path, change: Callable[[str], str]) -> None:
    """Write a page again with its present tables."""
    page.write_text(change(page.read_text(encoding="utf-8")), encoding="utf-8")

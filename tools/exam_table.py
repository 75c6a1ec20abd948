"""Write the table of the exam's cases into docs/exam.md: `python -m tools.exam_table`."""

import re
from collections.abc import Iterator
from pathlib import Path

from mockserver.exam.cases import read_cases

PAGE = Path(__file__).parents[1] / "docs" / "exam.md"
BLOCK = re.compile(r"(<!-- cases: [^\n]*-->\n).*?(<!-- end of cases -->)", re.DOTALL)


def table() -> str:
    """Return the table, a row for each shipped case."""
    return "\n".join(["| case | what the gateway does | what right is | source |", "|---|---|---|---|", *_rows(), ""])


def _rows() -> Iterator[str]:
    theme = ""
    for case in read_cases():
        header = case.header
        if header.theme != theme:
            theme = header.theme
            yield f"| **{theme}** | | | |"
        yield f"| `{case.name}` | {_cell(header.gateway)} | {_cell(header.right)} | {_cell(header.source)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def page() -> str:
    """Return docs/exam.md with the table as it must be."""
    text = table()
    return BLOCK.sub(lambda found: f"{found[1]}{text}{found[2]}", PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

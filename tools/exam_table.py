"""Write the table of the exam's cases into docs/exam.md: `python -m tools.exam_table`."""

from collections.abc import Iterator

from mockserver.exam.cases import read_cases
from tools.generated_tables import DOCS, markdown, placed, rewrite

PAGE = DOCS / "exam.md"


def table() -> str:
    """Return the table, a row for each shipped case."""
    return markdown(("case", "what the gateway does", "what right is", "source"), _rows())


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


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    return placed(page, "cases", "python -m tools.exam_table", table())


def main() -> None:
    """Write the page."""
    rewrite(PAGE, with_table)


if __name__ == "__main__":
    main()

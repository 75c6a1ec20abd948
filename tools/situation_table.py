"""Write the table of the documented situations into docs/coverage.md: `python -m tools.situation_table`."""

from pathlib import Path

from mockserver.coverage.documented import documented_situations
from mockserver.files.contract import load_contract

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
BEGIN, END = "<!-- situations: python -m tools.situation_table -->\n", "<!-- end of situations -->"


def table() -> str:
    """Return the table in Markdown, one row a situation."""
    rows = [
        f"| {situation.group} | `{situation.name}` | {situation.about} | {situation.source} | `{situation.turn}` |"
        for situation in documented_situations(load_contract()).values()
    ]
    head = "| group | situation | what it is | source | the turn that makes it |"
    return "\n".join([head, "|---|---|---|---|---|", *rows, ""])


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def main() -> None:
    """Write the page."""
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

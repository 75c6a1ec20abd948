"""Write the table of the verdict's rules into docs/testing.md: `python -m tools.verdict_table`."""

from pathlib import Path

from mockserver.journal.client_rules import RULES

PAGE = Path(__file__).parents[1] / "docs" / "testing.md"
BEGIN, END = "<!-- rules: python -m tools.verdict_table -->\n", "<!-- end of rules -->"


def table() -> str:
    """Return the table in Markdown, one row a rule."""
    rows = [f"| `{rule.name}` | {rule.right} | {rule.reason} |" for rule in RULES]
    return "\n".join(["| finding | what a client should do | why |", "|---|---|---|", *rows, ""])


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def main() -> None:
    """Write the page."""
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

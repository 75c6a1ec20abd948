"""Write the table of the verdict's rules into docs/testing.md: `python -m tools.verdict_table`."""

from mockserver.journal.client_rules import RULES
from tools.generated_tables import DOCS, markdown, placed, rewrite

PAGE = DOCS / "testing.md"


def table() -> str:
    """Return the table in Markdown, one row a rule."""
    rows = [f"| `{rule.name}` | {rule.right} | {rule.reason} |" for rule in RULES]
    return markdown(("finding", "what a client should do", "why"), rows)


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    return placed(page, "rules", "python -m tools.verdict_table", table())


def main() -> None:
    """Write the page."""
    rewrite(PAGE, with_table)


if __name__ == "__main__":
    main()

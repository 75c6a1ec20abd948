"""Write what is generated from the keys of `when`: `python -m tools.matcher_table`.

It writes the table of keys in docs/scenarios.md and the JSON Schemas for editors, scenarios/*.schema.json.
"""

from mockserver.scenarios.when import MATCHERS, When
from tools import schemas
from tools.generated_tables import DOCS, markdown, placed, rewrite

PAGE = DOCS / "scenarios.md"


def table() -> str:
    """Return the table in Markdown, one row for each key."""
    rows = [row(name) for name in MATCHERS]
    return markdown(("key", "what it tests", "example"), rows)


def row(name: str) -> str:
    """Return the row of a key: its description, and the first of its examples."""
    field = When.model_fields[name]
    cells = (f"`{field.alias or name}`", field.description or "", f"`{MATCHERS[name].examples[0].when}`")
    return f"| {' | '.join([cell.replace('|', chr(92) + '|') for cell in cells])} |"


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    return placed(page, "keys", "python -m tools.matcher_table", table())


def main() -> None:
    """Write all files."""
    rewrite(PAGE, with_table)
    schemas.main()


if __name__ == "__main__":
    main()

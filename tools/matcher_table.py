"""Write what is generated from the keys of `when`: `python -m tools.matcher_table`.

It writes the table of keys in docs/scenarios.md and the JSON Schemas for editors, scenarios/*.schema.json.
"""

from pathlib import Path

from mockserver.files.bundled import SCENARIOS
from mockserver.files.editor_schema import file_schema
from mockserver.files.kinds import KINDS, FileKind
from mockserver.scenarios.when import MATCHERS, When

PAGE = Path(__file__).parents[1] / "docs" / "scenarios.md"
BEGIN, END = "<!-- keys: python -m tools.matcher_table -->\n", "<!-- end of keys -->"


def schema_file(kind: FileKind) -> Path:
    """Return where the JSON Schema of a kind of file is kept."""
    return SCENARIOS / f"{kind.name}.schema.json"


def table() -> str:
    """Return the table in Markdown, one row for each key."""
    rows = [row(name) for name in MATCHERS]
    return "\n".join(["| key | what it tests | example |", "|---|---|---|", *rows, ""])


def row(name: str) -> str:
    """Return the row of a key: its description, and the first of its examples."""
    field = When.model_fields[name]
    cells = (f"`{field.alias or name}`", field.description or "", f"`{MATCHERS[name].examples[0].when}`")
    return f"| {' | '.join([cell.replace('|', chr(92) + '|') for cell in cells])} |"


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def main() -> None:
    """Write all files."""
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    for kind in KINDS.values():
        schema_file(kind).write_text(file_schema(kind), encoding="utf-8")


if __name__ == "__main__":
    main()

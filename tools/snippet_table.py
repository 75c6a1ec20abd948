"""Write the table of snippets into docs/editors.md: `python -m tools.snippet_table`."""

from pathlib import Path

from mockserver.files.editor_snippets import SNIPPETS

PAGE = Path(__file__).parents[1] / "docs" / "editors.md"
BEGIN, END = "<!-- snippets: python -m tools.snippet_table -->\n", "<!-- end of snippets -->"

PLACES = {
    "Scenario": "an empty scenario file",
    "Turn": "a turn",
    "Chaos": "an empty chaos profile",
    "ChaosRule": "a rule of a chaos profile",
    "AccountsFile": "an empty accounts file",
}
"""Where an editor offers the snippets of a model."""


def table() -> str:
    """Return the table in Markdown, one row a snippet."""
    rows = [
        f"| {PLACES[model]} | `{snippet.label}` | {snippet.description} |"
        for model, snippets in SNIPPETS.items()
        for snippet in snippets
    ]
    return "\n".join(["| where | snippet | what it writes |", "|---|---|---|", *rows, ""])


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def main() -> None:
    """Write the page."""
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

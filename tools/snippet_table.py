"""Write the table of snippets into docs/editors.md: `python -m tools.snippet_table`."""

from mockserver.files.editor_snippets import SNIPPETS
from tools.generated_tables import DOCS, markdown, placed, rewrite

PAGE = DOCS / "editors.md"

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
    return markdown(("where", "snippet", "what it writes"), rows)


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    return placed(page, "snippets", "python -m tools.snippet_table", table())


def main() -> None:
    """Write the page."""
    rewrite(PAGE, with_table)


if __name__ == "__main__":
    main()

"""Write the table of the shipped chaos profiles into docs/chaos.md: `python -m tools.chaos_table`."""

from pathlib import Path

from mockserver.files.chaos_file import load_profiles

PAGE = Path(__file__).parents[1] / "docs" / "chaos.md"
BEGIN, END = "<!-- profiles: python -m tools.chaos_table -->\n", "<!-- end of profiles -->"


def table() -> str:
    """Return the table in Markdown, one row a profile."""
    rows = [f"| `{profile.name}` | {profile.about} |" for profile in load_profiles()[0].values()]
    return "\n".join(["| profile | what it does |", "|---|---|", *rows, ""])


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def main() -> None:
    """Write the page."""
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Write the tables of docs/chaos.md, the shipped profiles and the keys of a file: `python -m tools.chaos_table`."""

from pydantic import BaseModel

from mockserver.engine.chaos import Chaos, ChaosRule, ChaosWindow
from mockserver.files.chaos_file import load_profiles
from tools.generated_tables import DOCS, markdown, placed, rewrite

PAGE = DOCS / "chaos.md"

KEYS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("the file", Chaos),
    ("a rule", ChaosRule),
    ("`window`", ChaosWindow),
)
"""The mappings of a chaos file, from the outside in."""


def profiles() -> str:
    """Return the table of the shipped profiles in Markdown, one row a profile."""
    rows = [f"| `{profile.name}` | {profile.about} |" for profile in load_profiles()[0].values()]
    return markdown(("profile", "what it does"), rows)


def keys() -> str:
    """Return the table of the keys in Markdown, one row a key, from the models that check a file."""
    rows = [
        f"| {owner} | `{field.alias or name}`{' (required)' if field.is_required() else ''} | {field.description} |"
        for owner, model in KEYS
        for name, field in model.model_fields.items()
    ]
    return markdown(("in", "key", "meaning"), rows)


TABLES = {"profiles": profiles, "keys": keys}


def with_tables(page: str) -> str:
    """Return the text of the page with each present table between its two markers."""
    for name, table in TABLES.items():
        page = placed(page, name, "python -m tools.chaos_table", table())
    return page


def main() -> None:
    """Write the page."""
    rewrite(PAGE, with_tables)


if __name__ == "__main__":
    main()

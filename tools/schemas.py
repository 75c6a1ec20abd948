"""Write the JSON Schema of each kind of file, scenarios/*.schema.json: `python -m tools.schemas`."""

from pathlib import Path

from mockserver.files.bundled import SCENARIOS
from mockserver.files.editor_schema import file_schema
from mockserver.files.kinds import KINDS, FileKind


def schema_file(kind: FileKind) -> Path:
    """Return where the JSON Schema of a kind of file is kept."""
    return SCENARIOS / f"{kind.name}.schema.json"


def main() -> None:
    """Write every schema."""
    for kind in KINDS.values():
        schema_file(kind).write_text(file_schema(kind), encoding="utf-8")


if __name__ == "__main__":
    main()

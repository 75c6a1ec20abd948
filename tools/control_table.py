"""Write the table of the control API's calls into docs/control.md: `python -m tools.control_table`."""

from typing import Any

from mockserver.control import PREFIX
from mockserver.control.application import application
from tools.generated_tables import DOCS, markdown, placed, rewrite

PAGE = DOCS / "control.md"


def row(method: str, path: str, operation: dict[str, Any]) -> str:  # Any: an OpenAPI operation
    """Return the row of one call: its method and path, and the first paragraph of its description."""
    about = " ".join(operation.get("description", "").partition("\n\n")[0].split())
    return f"| `{method.upper()} {path.removeprefix(PREFIX)}` | {about} |"


def table() -> str:
    """Return the table in Markdown, one row a call, in the order of `ROUTERS`."""
    paths = application().openapi()["paths"]
    rows = [row(method, path, operation) for path, item in paths.items() for method, operation in item.items()]
    return markdown(("call", "what it does"), rows)


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    return placed(page, "calls", "python -m tools.control_table", table())


def main() -> None:
    """Write the page."""
    rewrite(PAGE, with_table)


if __name__ == "__main__":
    main()

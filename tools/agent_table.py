"""Write the table of an agent's tools into docs/agents.md: `python -m tools.agent_table`."""

import inspect
from pathlib import Path

from mockserver.agents.tools import AgentTools
from mockserver.control.client import ControlClient

PAGE = Path(__file__).parents[1] / "docs" / "agents.md"
BEGIN, END = "<!-- tools: python -m tools.agent_table -->\n", "<!-- end of tools -->"


def table() -> str:
    """Return the table in Markdown, one row a tool."""
    tools = AgentTools(ControlClient("http://127.0.0.1", "unused")).all()
    rows = [f"| `{tool.__name__}` | {(inspect.getdoc(tool) or '').partition(chr(10) * 2)[0]} |" for tool in tools]
    return "\n".join(["| tool | what it does |", "|---|---|", *rows, ""])


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def main() -> None:
    """Write the page."""
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

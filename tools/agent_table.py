"""Write the table of an agent's tools into docs/agents.md: `python -m tools.agent_table`."""

import inspect

from mockserver.agents.tools import AgentTools
from mockserver.control.client import ControlClient
from tools.generated_tables import DOCS, markdown, placed, rewrite

PAGE = DOCS / "agents.md"


def table() -> str:
    """Return the table in Markdown, one row a tool."""
    tools = AgentTools(ControlClient("http://127.0.0.1", "unused")).all()
    rows = [f"| `{tool.__name__}` | {(inspect.getdoc(tool) or '').partition(chr(10) * 2)[0]} |" for tool in tools]
    return markdown(("tool", "what it does"), rows)


def with_table(page: str) -> str:
    """Return the text of the page with the present table between its two markers."""
    return placed(page, "tools", "python -m tools.agent_table", table())


def main() -> None:
    """Write the page."""
    rewrite(PAGE, with_table)


if __name__ == "__main__":
    main()

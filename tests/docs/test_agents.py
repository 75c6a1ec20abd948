"""docs/agents.md: its table is what the tools say of themselves, and its addresses can be read."""

import re

from mockserver.agents import resources
from tools.agent_table import PAGE, with_table

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_table_of_tools_is_up_to_date() -> None:
    assert with_table(TEXT) == TEXT, "docs/agents.md is stale; run: python -m tools.agent_table"


def test_the_page_names_only_addresses_that_there_are() -> None:
    named = {uri for uri in re.findall(r"mockserver://[a-z/-]+", TEXT) if not uri.endswith("/")}
    assert named <= {matter.uri for matter in resources.listed()}

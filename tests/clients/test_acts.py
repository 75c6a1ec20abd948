"""Two clients of the table of acts, a Python one and a Node one: `make acts` runs the others."""

import pytest

from tools.acts.clients import CLIENTS, ClientUnderTest
from tools.acts.run import run_acts

TRIED = [client for client in CLIENTS if client.name in ("anthropic-python", "openai-node")]


@pytest.mark.parametrize("client", TRIED, ids=[client.name for client in TRIED])
def test_a_client_passes_every_act_that_it_has(client: ClientUnderTest) -> None:
    outcomes = run_acts(client)
    assert {name: outcome.note for name, outcome in outcomes.items() if outcome.mark not in ("ok", "none")} == {}
    assert outcomes["text"].mark == "ok"

"""Copied tests: they run as they are, and the client gets the bytes that it got, for every fault, on both wires.

What is compared: the kinds of actions and the bytes that were to be sent. The session is another one, so its request
ids are masked; so is `created`, which its clock gives. `hold` is left out of a copied test: it waits for a person.
`test_turn_words` tries every fault on every form of an answer; here each fault meets one form that it acts on.
"""

import contextlib
import re
from collections.abc import Iterator

import httpx
import orjson
import pytest
import yaml
from pydantic import JsonValue

from mockserver.control.snippets import pytest as as_test
from mockserver.core.actions import Actions, Data, Hold
from mockserver.faults import FAULTS
from mockserver.journal.record import Record
from mockserver.testing.gateway import GatewaySession
from mockserver.testing.server_thread import ServerThread, server_thread
from tests.faults.test_faults import mixed, reply_for
from tests.support.engine import HELLO
from tests.support.fault_answers import FORMS, effects

_OF_A_SESSION = re.compile(rb'req_[0-9a-f]{22}|"created":\d+')


@pytest.fixture(scope="module")
def host() -> Iterator[ServerThread]:
    """Yield the server of these tests."""
    with server_thread() as host:
        yield host


def shape(record: Record) -> list[object]:
    """Return the kinds of an answer's actions, with the bytes of each."""
    actions: Actions = record.exchange.captured.actions
    return [
        _OF_A_SESSION.sub(b"?", action.payload) if isinstance(action, Data) else type(action).__name__
        for action in actions
        if not isinstance(action, Hold)
    ]


def last_of(gateway: GatewaySession, path: str, fields: dict[str, JsonValue]) -> Record:
    """Return the exchange of one request to a gateway."""
    body = {"model": "m", "max_tokens": 1000, "messages": HELLO, **fields}
    with contextlib.suppress(httpx.HTTPError):
        httpx.post(gateway.url + path, content=orjson.dumps(body), headers={"x-api-key": gateway.key}, timeout=0.5)
    return gateway.journal.last


def form_of(name: str) -> str:
    """Return a form of an answer on which a fault acts; another one for the next fault."""
    forms = [
        form for form, after in effects(mixed(FAULTS[name]), reply_for(name)).items() if not isinstance(after, str)
    ]
    return forms[list(FAULTS).index(name) % len(forms)]


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_copied_test_gets_the_same_bytes(host: ServerThread, name: str) -> None:
    form, fault = form_of(name), FAULTS[name].spelling
    first = GatewaySession(host, f"{name} {form}")
    turn = yaml.safe_load(reply_for(name))[0]
    if name == "one_write":  # only an answer with waits can be put into one write
        turn["pace"] = {"rate": "100/s"}
    first.turn(**turn, faults=[fault])
    record = last_of(first, *FORMS[form])
    text, names = as_test(record), dict[str, object]()
    assert first.key not in text
    assert "gateway.reply(" in text or "gateway.error(" in text or "gateway.turn(" in text
    exec(text, names)
    run = next(value for key, value in names.items() if key.startswith("test_"))
    second = GatewaySession(host, f"{name} {form}")
    assert callable(run)
    run(second)
    assert second.problems() == []
    assert shape(second.journal.last) == shape(record)

"""A fault knows the wire from its context, not from the answer: other faults may have changed every header."""

import orjson
import pytest

from mockserver.core.actions import Data
from mockserver.wires.sse import split
from tests.support.engine import CHAT, MESSAGES, Talk, turns

WITHOUT_TRACE = """
  - reply: one two three
    faults: [{header: {name: request-id, value: null}}, {header: {name: x-request-id, value: null}}, {error_event: 4}]
    times: always
"""


@pytest.mark.parametrize(("path", "line", "keys"), [(MESSAGES, "error", {"type", "error"}), (CHAT, "", {"error"})])
def test_the_error_event_is_the_own_wires_without_a_trace_header(path: str, line: str, keys: set[str]) -> None:
    answer = Talk(turns(WITHOUT_TRACE)).say(path, stream=True)
    [error] = [action.payload for action in answer.actions if isinstance(action, Data) and action.event == "error"]
    name, data = split(error)
    assert (name, set(orjson.loads(data))) == (line, keys)

"""The wires: how each dialect's request becomes one conversation, and how one reply becomes its answer.

A wire is one folder and one line of `WIRES`. `wire` says what a wire is; `sse` writes frames, `chunks` cuts deltas,
`pairing` is the rule of tool calls, `errors` names statuses, `envelopes` shapes error bodies.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from mockserver.core.conversation import JsonObject
from mockserver.wires.anthropic import WIRE as ANTHROPIC
from mockserver.wires.openai import WIRE as OPENAI
from mockserver.wires.openai_responses import WIRE as OPENAI_RESPONSES
from mockserver.wires.wire import ERROR_EVENT, Wire

WIRES: Mapping[str, Wire] = {
    ANTHROPIC.name: ANTHROPIC,
    OPENAI.name: OPENAI,
    OPENAI_RESPONSES.name: OPENAI_RESPONSES,
}
"""Every wire by the name that the contract's `x-wire` and a scenario's `wire` give it."""

if TYPE_CHECKING:
    WireName: TypeAlias = str
else:
    WireName = Literal[tuple(WIRES)]
"""A name of the table, as a field of a file."""

DEFAULT = OPENAI
"""The wire of errors and request ids where no conversation is held: on operations that are none, on unknown paths."""

DELTAS = frozenset[str]().union(*[wire.deltas for wire in WIRES.values()])
"""The kinds of events that carry a piece of a reply, on any wire."""

EVENTS = frozenset({ERROR_EVENT}).union(*[wire.events for wire in WIRES.values()])
"""Every kind of event (`Data.event`) that a stream can have, on any wire."""

LAST_EVENTS = frozenset[str]().union(*[wire.last_events for wire in WIRES.values()])
"""The kinds of events that end a stream."""


def wire_named(name: str) -> Wire:
    """Return the wire of this name; `DEFAULT` for an operation that is no conversation."""
    return WIRES.get(name, DEFAULT)


def sdk_environment(url: str, key: str) -> dict[str, str]:
    """Return the variables that every official SDK reads, for a gateway at this URL."""
    sdks = [wire.sdk for wire in WIRES.values()]
    return {
        name: value
        for sdk in sdks
        for name, value in ((sdk.url_variable, url + sdk.base_path), (sdk.key_variable, key))
    }


def likely_wire(body: JsonObject) -> Wire:
    """Return the wire that a request body is most likely meant for; the first of the table if nothing tells."""
    wires = list(WIRES.values())
    return next((wire for wire in wires if wire.is_likely(body)), wires[0])


def wire_of_path(path: str) -> Wire:
    """Return the wire that a client of this path most likely speaks, whether the path exists or not."""
    return next((wire for wire in WIRES.values() if wire.path_part and wire.path_part in path), DEFAULT)

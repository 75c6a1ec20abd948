"""One answer in its other form: a stream as the whole body that says the same, and a whole body as a stream.

Faults that answer a stream request with JSON, or the other way round, use this, and so do those that need to know what
an answer says. Everything is read from the answer itself; nothing is rendered twice from a reply.
"""

from typing import Any

import orjson

from mockserver.core.actions import Actions, Data
from mockserver.faults.fault import NoEffectError, document, is_stream, wire_of
from mockserver.wires import WIRES, wire_named
from mockserver.wires.sse import frame

Object = dict[str, Any]


def whole_of(actions: Actions) -> Object:
    """Return the JSON of the whole answer, from a stream or from a whole answer itself."""
    documents = [found for action in actions if (found := document(action)) is not None]
    if not documents:
        raise NoEffectError("the answer has no JSON")
    if not is_stream(actions):
        return documents[0]
    return wire_named(wire_of(actions)).reader.whole_of(documents)


def stream_of(whole: Object) -> list[Data]:
    """Return a whole body as the shortest stream that says the same."""
    return WIRES["openai" if "choices" in whole else "anthropic"].reader.stream_of(whole)


def event(value: Object) -> Data:
    """Return an event of the Anthropic wire, named by its type."""
    name = str(value["type"])
    return Data(frame(orjson.dumps(value), name), name)

"""Errors on the Responses wire: bodies as on the chat wire, and the error event of a stream.

The SDK's type of the event has `code` and `message` at its top; its own stream reader, and other clients, look for an
`error` object. The event has both.
"""

from mockserver.core.errors import Failure
from mockserver.wires.openai import errors as chat
from mockserver.wires.wire import Object


def stream_body(failure: Failure) -> Object:
    """Return the data of an error event. Its place in the stream is not known, so its `sequence_number` is 0."""
    error = chat.stream_body(failure)["error"]
    top = {"code": failure.code, "message": failure.message, "param": failure.param}
    return {"type": "error", "sequence_number": 0, **top, "error": error}


STYLE = chat.STYLE._replace(event_name="error", stream_body=stream_body)

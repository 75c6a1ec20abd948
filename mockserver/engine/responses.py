"""Answers as actions: a head, one body or the frames of a stream, and the end.

Every answer can be found again by its headers: the request id, the session, and the turn that gave it or the code of
the mock's own refusal (`x-mock-…`). Clients may ignore them.
"""

from collections.abc import Sequence

from mockserver.accounts.session import Session
from mockserver.core.actions import Actions, Data, End, Head, Headers
from mockserver.core.errors import Failure
from mockserver.core.rng import token
from mockserver.openapi.operation import HandlerResponse
from mockserver.wires.envelopes import Envelope, render
from mockserver.wires.wire import Wire

TURN_HEADER = "x-mock-turn"
"""The header that names the scenario and the turn of an answer."""

JSON = "application/json"
STREAM = "text/event-stream; charset=utf-8"


def request_id(session: Session, *uncounted: object) -> str:
    """Return the id of the session's current request.

    The id of a request that no session counts derives from the request itself (`uncounted`), so the same request has
    the same id again.
    """
    return "req_" + token(session.seed, session.id, "request", session.requests, *uncounted)


def trace(session: Session, wire: Wire, *uncounted: object) -> Headers:
    """Return the headers by which an answer can be found again."""
    return ((wire.request_id_header, request_id(session, *uncounted)), ("x-mock-session", session.id))


def whole(status: int, body: bytes, media_type: str, headers: Headers) -> Actions:
    """Return an answer of one body. A 204 or 304 has none (RFC 9110, 15.3.5)."""
    if status in (204, 304):
        return (Head(status, headers), End())
    about = (("content-type", media_type), ("content-length", str(len(body))))
    return (Head(status, (*about, *headers)), Data(body), End())


def of_handler(answer: HandlerResponse, headers: Headers) -> Actions:
    """Return the response of a handler, which brings its own content-type."""
    length = () if answer.status in (204, 304) else (("content-length", str(len(answer.body))),)
    body = (Data(answer.body),) if answer.body else ()
    return (Head(answer.status, (*answer.headers, *length, *headers)), *body, End())


def streamed(frames: Sequence[Data], headers: Headers) -> Actions:
    """Return a streamed answer of these frames."""
    about = (("content-type", STREAM), ("cache-control", "no-cache"))
    return (Head(200, (*about, *headers)), *frames, End())


def failed(
    failure: Failure, wire: Wire, session: Session, envelope: Envelope, headers: Headers, *uncounted: object
) -> Actions:
    """Return an error answer in the client's dialect."""
    body = render(failure, wire, request_id(session, *uncounted), envelope)
    return whole(failure.status, body, JSON, (*failure.headers, *trace(session, wire, *uncounted), *headers))


def with_headers(actions: Actions, added: Headers) -> Actions:
    """Return the answer with these headers added, or replaced where it has them already."""
    if not added:
        return actions
    replaced = {name for name, _ in added}
    return tuple(
        [
            Head(action.status, (*[pair for pair in action.headers if pair[0] not in replaced], *added))
            if isinstance(action, Head)
            else action
            for action in actions
        ]
    )

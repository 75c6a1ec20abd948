"""Checks of the bytes of a stream, before it is parsed: what a lenient parser forgives and a client does not."""

from collections.abc import Iterator

from mockserver.contracts import sse
from mockserver.contracts.check import ExchangeView, check, is_stream


def stream_of(view: ExchangeView) -> sse.SseStream:
    """Return the events of the answer."""
    return sse.parse(view.exchange.response.body)


@check("sse-charset", is_stream)
def charset(view: ExchangeView) -> Iterator[str]:
    """Check that the stream is UTF-8, without a byte order mark."""
    response = view.exchange.response
    parameters = (response.header("content-type") or "").lower().partition(";")[2]
    if "charset=" in parameters and parameters.partition("charset=")[2].strip(' "') not in ("utf-8", "utf8"):
        yield f"content-type says {parameters.strip()!r}"
    if response.body.startswith(sse.BOM):
        yield "the stream begins with a byte order mark"
    try:
        response.body.decode("utf-8")
    except UnicodeDecodeError as error:
        if response.ended == "complete":
            yield f"byte {error.start} is not UTF-8: {response.body[error.start : error.start + 4]!r}"


@check("sse-fields", is_stream)
def fields(view: ExchangeView) -> Iterator[str]:
    """Check that every line is a field, a comment or blank."""
    for line in stream_of(view).strays:
        yield f"the line {line[:60]!r} is no field of server-sent events"


@check("sse-line-ends", is_stream)
def line_ends(view: ExchangeView) -> Iterator[str]:
    """Check that no line ends with CR alone."""
    if stream_of(view).lone_cr:
        yield "a line ends with CR alone"


@check("sse-last-event", is_stream)
def last_event(view: ExchangeView) -> Iterator[str]:
    """Check that a blank line follows every event."""
    if view.exchange.response.ended == "complete":
        for event in stream_of(view).events:
            if not event.sent:
                yield f"no blank line ends {event}; clients lose it"


@check("sse-data", is_stream)
def data(view: ExchangeView) -> Iterator[str]:
    """Check that the data of every event is a JSON object, or [DONE] on the OpenAI wire."""
    openai = view.operation is not None and view.operation.wire == "openai"
    for event in stream_of(view).events:
        if event.data is None:
            yield f"{event} has no data"
        elif not (openai and event.is_done) and not isinstance(event.json, dict):
            yield f"{event}: the data is not one JSON object: {event.data[:60]!r}"


@check("sse-not-empty", is_stream)
def not_empty(view: ExchangeView) -> Iterator[str]:
    """Check that there is an event."""
    if not stream_of(view).events:
        yield "status 200, text/event-stream, and not one event"


CHECKS = (
    charset,
    fields,
    line_ends,
    last_event,
    data,
    not_empty,
)

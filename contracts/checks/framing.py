"""The bytes of a stream, before anything is parsed: what a parser would forgive, and a client would not."""

from collections.abc import Iterator

from mockserver.contracts import sse
from mockserver.contracts.check import ExchangeView, check, is_stream


def stream_of(sight: ExchangeView) -> sse.SseStream:
    """The events of the answer."""
    return sse.parse(sight.exchange.answer.body)


@check("sse-charset", is_stream)
def charset(sight: ExchangeView) -> Iterator[str]:
    """UTF-8 and nothing before it."""
    answer = sight.exchange.answer
    parameters = (answer.header("content-type") or "").lower().partition(";")[2]
    if "charset=" in parameters and parameters.partition("charset=")[2].strip(' "') not in ("utf-8", "utf8"):
        yield f"content-type says {parameters.strip()!r}"
    if answer.body.startswith(sse.BOM):
        yield "the stream begins with a byte order mark"
    try:
        answer.body.decode("utf-8")
    except UnicodeDecodeError as error:
        if answer.ended == "complete":
            yield f"byte {error.start} is not UTF-8: {answer.body[error.start : error.start + 4]!r}"


@check("sse-fields", is_stream)
def fields(sight: ExchangeView) -> Iterator[str]:
    """No line that is none of the format."""
    for line in stream_of(sight).strays:
        yield f"the line {line[:60]!r} is no field of server-sent events"


@check("sse-line-ends", is_stream)
def line_ends(sight: ExchangeView) -> Iterator[str]:
    """No CR alone."""
    if stream_of(sight).lone_cr:
        yield "a line ends with CR alone"


@check("sse-last-event", is_stream)
def last_event(sight: ExchangeView) -> Iterator[str]:
    """A blank line after every event."""
    if sight.exchange.answer.ended == "complete":
        for event in stream_of(sight).events:
            if not event.sent:
                yield f"no blank line ends {event}; clients lose it"


@check("sse-data", is_stream)
def data(sight: ExchangeView) -> Iterator[str]:
    """JSON in every event."""
    openai = sight.operation is not None and sight.operation.wire == "openai"
    for event in stream_of(sight).events:
        if event.data is None:
            yield f"{event} has no data"
        elif not (openai and event.is_done) and not isinstance(event.json, dict):
            yield f"{event}: the data is not one JSON object: {event.data[:60]!r}"


@check("sse-not-empty", is_stream)
def not_empty(sight: ExchangeView) -> Iterator[str]:
    """Some event."""
    if not stream_of(sight).events:
        yield "status 200, text/event-stream, and not one event"


CHECKS = (
    charset,
    fields,
    line_ends,
    last_event,
    data,
    not_empty,
)

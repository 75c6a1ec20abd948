"""The stream grammar of the OpenAI wire.

    stream = first delta* finish usage? [DONE]
    first  = a chunk whose delta names the role
    delta  = a chunk with content, or with fragments of tool calls, numbered from 0
    finish = the chunk with the finish reason
    usage  = a chunk without choices, if stream_options.include_usage asks for it

An object with `error` in place of a chunk breaks the stream off; then [DONE] may be missing.
"""

from collections.abc import Iterator

from mockserver.contracts.check import ExchangeView, check, is_chat_stream
from mockserver.contracts.checks.framing import stream_of
from mockserver.contracts.exchange import Json, count_of, dig, items, read_json
from mockserver.contracts.sse import SseEvent


def chunks(view: ExchangeView) -> list[SseEvent]:
    """Return the events that are chunks, without those of further choices, which `n` asks for."""
    events = [event for event in stream_of(view).events if isinstance(dig(event.json, "choices"), list)]
    if (count_of(dig(view.exchange.request.json, "n")) or 1) == 1:
        return events
    return [event for event in events if not dig(event.json, "choices", 0, "index")]


def _error(view: ExchangeView) -> SseEvent | None:
    errors = (event for event in stream_of(view).events if isinstance(event.json, dict) and "error" in event.json)
    return next(errors, None)


def calls(event: SseEvent) -> list[Json]:
    """Return the fragments of tool calls in a chunk."""
    return [call for choice in items(dig(event.json, "choices")) for call in items(dig(choice, "delta", "tool_calls"))]


def _finish(event: SseEvent) -> Json:
    return dig(event.json, "choices", 0, "finish_reason")


@check("chat-no-event-line", is_chat_stream)
def no_event_line(view: ExchangeView) -> Iterator[str]:
    """Check that no event has an `event:` line."""
    for event in stream_of(view).events:
        if event.name is not None:
            yield f"{event} has an event: line; older OpenAI SDKs fail on it"


@check("chat-chunk-schema", lambda view: is_chat_stream(view) and view.document.has_schema("ChatStreamEvent"))
def chunk_schema(view: ExchangeView) -> Iterator[str]:
    """Check each chunk against its schema."""
    schema = view.document.validator("ChatStreamEvent")
    for event in stream_of(view).events:
        if isinstance(event.json, dict):
            yield from (f"{event}: {problem}" for problem in schema.problems(event.json))


@check("chat-one-identity", is_chat_stream)
def one_identity(view: ExchangeView) -> Iterator[str]:
    """Check that id, model and created stay the same."""
    for name in ("id", "model", "created"):
        values = {str(dig(event.json, name)) for event in chunks(view)}
        if len(values) > 1:
            yield f"{name} changes within the stream: {', '.join(sorted(values)[:3])}"


@check("chat-role-once", is_chat_stream)
def role_once(view: ExchangeView) -> Iterator[str]:
    """Check that the first chunk, and no other, names the role."""
    named = [n for n, event in enumerate(chunks(view)) if dig(event.json, "choices", 0, "delta", "role") is not None]
    if chunks(view) and named != [0]:
        yield f"the role is in chunks {named}; it belongs in chunk 0 alone"


@check("chat-tool-deltas", lambda view: is_chat_stream(view) and any(map(calls, chunks(view))))
def tool_deltas(view: ExchangeView) -> Iterator[str]:
    """Check how tool calls are numbered, and that each is named once."""
    begun: list[int] = []
    for event in chunks(view):
        for call in calls(event):
            index = count_of(dig(call, "index"))
            if index is None:
                yield f"{event}: a tool call fragment without an index"
            elif index not in begun:
                if index != len(begun):
                    yield f"{event}: tool call {index} begins, {len(begun)} is next"
                begun.append(index)
                for path in (("id",), ("type",), ("function", "name")):
                    if not dig(call, *path):
                        yield f"{event}: the first fragment of tool call {index} has no {'.'.join(path)}"
            elif dig(call, "id") or dig(call, "function", "name"):
                yield f"{event}: tool call {index} has its id or name again; SDK helpers join them"


def arguments(view: ExchangeView) -> dict[int, str]:
    """Return the joined arguments of every call, by its index."""
    joined: dict[int, str] = {}
    for event in chunks(view):
        for call in calls(event):
            index, text = count_of(dig(call, "index")) or 0, dig(call, "function", "arguments")
            joined[index] = joined.get(index, "") + (text if isinstance(text, str) else "")
    return joined


@check("chat-tool-json", lambda view: is_chat_stream(view) and bool(arguments(view)))
def tool_json(view: ExchangeView) -> Iterator[str]:
    """Check that the fragments of arguments join to a JSON object."""
    if _error(view) is None:
        for index, text in arguments(view).items():
            if not isinstance(read_json(text.encode("utf-8", "surrogatepass")), dict):
                yield f"the arguments of call {index} join to {text[:80]!r}, no JSON object"


@check("chat-finish", is_chat_stream)
def finish(view: ExchangeView) -> Iterator[str]:
    """Check that there is one finish reason, and no content after it."""
    broken = _error(view)
    if broken is not None:
        if not view.exchange.broken_on_purpose:
            yield f"the stream breaks off: {str(dig(broken.json, 'error'))[:120]}"
        return
    finished = [number for number, event in enumerate(chunks(view)) if _finish(event) is not None]
    if len(finished) != 1:
        yield f"{len(finished)} chunks have a finish reason; there must be one"
        return
    for event in chunks(view)[finished[0] + 1 :]:
        if dig(event.json, "choices", 0, "delta", "content") or calls(event):
            yield f"{event}: content after the finish reason"


@check("chat-done", is_chat_stream)
def done(view: ExchangeView) -> Iterator[str]:
    """Check that [DONE] comes once, at the end."""
    events = stream_of(view).events
    marks = [event.number for event in events if event.is_done]
    if _error(view) is None and len(marks) != 1:
        yield f"{len(marks)} [DONE]; there must be one"
    if marks and marks[0] != len(events) - 1 and len(marks) == 1:
        yield f"{events[marks[0] + 1]} follows [DONE]"


def _counts(view: ExchangeView) -> bool:
    return is_chat_stream(view) and view.operation is not None and "usage chunk" not in view.operation.lacking


@check("chat-usage-chunk", _counts)
def usage_chunk(view: ExchangeView) -> Iterator[str]:
    """Check that the usage chunk comes if the request asks for it, and only then."""
    requested = dig(view.exchange.request.json, "stream_options", "include_usage") is True
    bare = [event for event in chunks(view) if not items(dig(event.json, "choices"))]
    if requested and not any(isinstance(dig(event.json, "usage"), dict) for event in bare) and _error(view) is None:
        yield "include_usage was asked for, and no chunk without choices has the usage"
    if bare and not requested:
        yield f"{bare[0]} has no choices although include_usage was not asked for; D3's own snippet fails on it"
    if requested and bare and bare[-1].number != chunks(view)[-1].number:
        yield f"{bare[-1]} is not the last chunk"


CHECKS = (
    no_event_line,
    chunk_schema,
    one_identity,
    role_once,
    tool_deltas,
    tool_json,
    finish,
    done,
    usage_chunk,
)

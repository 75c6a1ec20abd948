"""The stream grammar of the Anthropic wire.

    stream  = message_start block* message_delta message_stop        (ping anywhere after message_start)
    block   = content_block_start(n) delta(n)* content_block_stop(n)  n = 0, 1, 2 …
    broken  = any beginning of a stream, then `error`

D1 itself lists only message_start, content_block_delta, message_delta and message_stop. A target that declares this
short dialect (`--short-sse`) may leave out content_block_start and content_block_stop; then a delta opens its block.
"""

from collections.abc import Iterator

from mockserver.contracts.check import ExchangeView, check, is_messages_stream
from mockserver.contracts.checks.framing import stream_of
from mockserver.contracts.exchange import count_of, dig, read_json
from mockserver.contracts.sse import SseEvent

DELTAS = {
    "text": {"text_delta"},
    "tool_use": {"input_json_delta"},
    "thinking": {"thinking_delta", "signature_delta"},
    "redacted_thinking": set[str](),
}
"""The kind of a block -> the deltas that it takes."""


def kind_of(event: SseEvent) -> str:
    """Return the type in the data of an event, or an empty string."""
    kind = dig(event.json, "type")
    return kind if isinstance(kind, str) else ""


def _events(view: ExchangeView) -> list[SseEvent]:
    return list(stream_of(view).events)


def _broke_off(events: list[SseEvent]) -> bool:
    return any(kind_of(event) == "error" for event in events)


@check("messages-event-name", is_messages_stream)
def event_name(view: ExchangeView) -> Iterator[str]:
    """Check that the `event:` line equals the type in the data."""
    for event in _events(view):
        if event.name is None:
            yield f"{event} has no event: line; the Anthropic SDKs skip it silently"
        elif event.name != kind_of(event):
            yield f"{event}: event: {event.name!r}, type in the data {kind_of(event)!r}"


@check(
    "messages-event-schema", lambda view: is_messages_stream(view) and view.document.has_schema("MessageStreamEvent")
)
def event_schema(view: ExchangeView) -> Iterator[str]:
    """Check each event against the schema of its type."""
    schema = view.document.validator("MessageStreamEvent")
    for event in _events(view):
        if isinstance(event.json, dict):
            yield from (f"{event}: {problem}" for problem in schema.problems(event.json))


@check("messages-start", is_messages_stream)
def start(view: ExchangeView) -> Iterator[str]:
    """Check that message_start comes first, and once."""
    kinds = [kind_of(event) for event in _events(view)]
    if kinds and kinds[0] not in ("message_start", "error"):
        yield f"the first event is {kinds[0]!r}"
    if kinds.count("message_start") > 1:
        yield f"{kinds.count('message_start')} message_start events"


@check("messages-blocks", is_messages_stream)
def blocks(view: ExchangeView) -> Iterator[str]:
    """Check that blocks are numbered from 0, one is open at a time, and each is closed."""
    following, opened = 0, None
    events = _events(view)
    for event in events:
        kind, index = kind_of(event), count_of(dig(event.json, "index"))
        if kind == "content_block_start":
            if opened is not None:
                yield f"{event}: block {index} starts while block {opened} is open"
            if index != following:
                yield f"{event}: block {index} starts, block {following} is next"
            opened, following = index, following + 1
        elif kind == "content_block_stop":
            if index != opened:
                yield f"{event}: block {index} stops, the open block is {opened}"
            opened = None
        elif kind == "content_block_delta" and opened is None and not view.short_sse:
            yield f"{event}: a delta for block {index} while no block is open"
        elif kind in ("message_delta", "message_stop") and opened is not None:
            yield f"{event}: block {opened} is still open"
            opened = None
    if opened is not None and not _broke_off(events):
        yield f"block {opened} is never closed"


@check("messages-deltas", is_messages_stream)
def deltas(view: ExchangeView) -> Iterator[str]:
    """Check that each delta belongs to the open block and has its kind."""
    opened: tuple[int | None, str] = (None, "")
    for event in _events(view):
        kind, index = kind_of(event), count_of(dig(event.json, "index"))
        if kind == "content_block_start":
            opened = (index, str(dig(event.json, "content_block", "type")))
        elif kind == "content_block_delta":
            delta = str(dig(event.json, "delta", "type"))
            if view.short_sse and opened[0] is None:
                continue
            if opened[0] is not None and index != opened[0]:
                yield f"{event}: a delta for block {index}, the open block is {opened[0]}"
            if opened[1] in DELTAS and delta not in DELTAS[opened[1]]:
                yield f"{event}: {delta} in a block of kind {opened[1]}"


def tool_inputs(events: list[SseEvent]) -> dict[int, str]:
    """Return the joined fragments of every tool_use block, by its index."""
    joined: dict[int, str] = {}
    for event in events:
        index = count_of(dig(event.json, "index"))
        if index is None:
            continue
        if dig(event.json, "content_block", "type") == "tool_use":
            joined.setdefault(index, "")
        fragment = dig(event.json, "delta", "partial_json")
        if isinstance(fragment, str):
            joined[index] = joined.get(index, "") + fragment
    return joined


@check("messages-tool-json", lambda view: is_messages_stream(view) and bool(tool_inputs(_events(view))))
def tool_json(view: ExchangeView) -> Iterator[str]:
    """Check that the fragments of a tool's input join to a JSON object."""
    if _broke_off(_events(view)):
        return
    for index, text in tool_inputs(_events(view)).items():
        if text and not isinstance(read_json(text.encode("utf-8", "surrogatepass")), dict):
            yield f"the input of block {index} joins to {text[:80]!r}, no JSON object"


def signatures(events: list[SseEvent]) -> dict[int, list[str]]:
    """Return the kinds of the deltas of every thinking block, by its index; a signature in its start counts as one."""
    kinds: dict[int, list[str]] = {}
    for event in events:
        index = count_of(dig(event.json, "index"))
        if index is None:
            continue
        if dig(event.json, "content_block", "type") == "thinking":
            kinds[index] = ["signature_delta"] if dig(event.json, "content_block", "signature") else []
        elif index in kinds and kind_of(event) == "content_block_delta":
            kinds[index].append(str(dig(event.json, "delta", "type")))
    return kinds


@check("messages-thinking", lambda view: is_messages_stream(view) and bool(signatures(_events(view))))
def thinking(view: ExchangeView) -> Iterator[str]:
    """Check that every thinking block ends with one signature. A stream that was cut off may lack it."""
    events = _events(view)
    stop = next(
        (dig(event.json, "delta", "stop_reason") for event in events if kind_of(event) == "message_delta"), None
    )
    if _broke_off(events) or stop == "max_tokens":
        return
    for index, kinds in signatures(events).items():
        count = kinds.count("signature_delta")
        if count != 1:
            yield f"block {index} has {count} signatures; there must be one"
        elif kinds[-1] != "signature_delta":
            yield f"block {index} goes on after its signature"


@check("messages-end", is_messages_stream)
def end(view: ExchangeView) -> Iterator[str]:
    """Check that the stream ends with message_delta and message_stop."""
    events = _events(view)
    kinds = [kind_of(event) for event in events]
    if "error" in kinds:
        if kinds[-1] != "error":
            yield f"{events[kinds.index('error') + 1]} follows an error event"
        if not view.exchange.broken_on_purpose:
            yield f"the stream breaks off: {dig(events[kinds.index('error')].json, 'error', 'message')}"
        return
    for kind in ("message_delta", "message_stop"):
        if kinds.count(kind) != 1:
            yield f"{kinds.count(kind)} {kind} events; there must be one"
    if "message_stop" in kinds and kinds[-1] != "message_stop":
        yield f"{events[kinds.index('message_stop') + 1]} follows message_stop"
    if "message_delta" in kinds:
        after = set(kinds[kinds.index("message_delta") + 1 :]) - {"message_stop", "ping"}
        if after:
            yield f"{', '.join(sorted(after))} after message_delta"


def _number(events: list[SseEvent], kind: str, *path: str) -> int | None:
    return next((count_of(dig(event.json, *path)) for event in events if kind_of(event) == kind), None)


@check("messages-usage", is_messages_stream)
def usage(view: ExchangeView) -> Iterator[str]:
    """Check the token counts of message_start and message_delta."""
    events = _events(view)

    def first(name: str) -> int | None:
        return _number(events, "message_start", "message", "usage", name)

    def last(name: str) -> int | None:
        return _number(events, "message_delta", "usage", name)

    if first("input_tokens") == 0 and not (first("cache_read_input_tokens") or first("cache_creation_input_tokens")):
        yield "message_start counts no input tokens"
    begun, ended = count_of(first("output_tokens")), count_of(last("output_tokens"))
    if begun is not None and ended is not None and ended < begun:
        yield f"output_tokens falls from {begun} in message_start to {ended} in message_delta"
    before, after = first("input_tokens"), last("input_tokens")
    if before is not None and after is not None and before != after:
        yield f"input_tokens is {before} in message_start and {after} in message_delta"


CHECKS = (
    event_name,
    event_schema,
    start,
    blocks,
    deltas,
    tool_json,
    thinking,
    end,
    usage,
)

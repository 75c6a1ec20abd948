"""`cache_control` on the Anthropic wire: where a client wants its prompt cached, and what the API refuses of it.

A prompt is cached in this order: tools, system, messages. A block with `cache_control` is a breakpoint: everything up
to its end is kept for 5 minutes, or for an hour (`ttl: 1h`). The field at the top of a request stands for one at its
last block. There may be four breakpoints, and those for an hour come first.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockserver.core.conversation import Json, JsonObject
from mockserver.core.errors import Refusal
from mockserver.wires.caching import HOUR
from mockserver.wires.json_values import mapping, objects, string

FIELD = "cache_control"
MOST_BREAKPOINTS = 4
LIFETIMES: Mapping[Json, int] = {None: 300, "5m": 300, "1h": HOUR}
"""`ttl` -> seconds."""


class PromptBlock(NamedTuple):
    """A block of a prompt: `tools`, `system` or the role of its message, its place in the request, and its JSON."""

    role: str
    place: tuple[str | int, ...]
    json: JsonObject


def blocks(body: JsonObject) -> Iterator[PromptBlock]:
    """Yield the blocks of a prompt in the order in which they are cached. A text is a block of text."""
    for number, tool in enumerate(objects(body.get("tools"))):
        yield PromptBlock("tools", ("tools", number), tool)
    yield from _content("system", ("system",), body.get("system"))
    for number, message in enumerate(objects(body.get("messages"))):
        yield from _content(string(message.get("role")), ("messages", number, "content"), message.get("content"))


def _content(role: str, place: tuple[str | int, ...], content: Json) -> Iterator[PromptBlock]:
    if isinstance(content, str):
        yield PromptBlock(role, place, {"type": "text", "text": content})
    for number, block in enumerate(objects(content)):
        yield PromptBlock(role, (*place, number), block)


def has_breakpoint(content: Json) -> bool:
    """Return whether a list of blocks or tools has a breakpoint. One without any costs next to nothing here."""
    for block in objects(content):
        if (FIELD in block or block.get("type") == "tool_result") and lifetime_of(block) is not None:
            return True
    return False


def lifetime_of(block: JsonObject) -> int | None:
    """Return how many seconds a breakpoint keeps its prefix; None for a block that is none.

    A block inside of a tool's result makes a breakpoint of the result.
    """
    control = block.get(FIELD)
    if control is not None:
        return LIFETIMES.get(mapping(control).get("ttl"), LIFETIMES[None])
    inner = [lifetime_of(part) for part in objects(block.get("content"))] if block.get("type") == "tool_result" else []
    return max([seconds for seconds in inner if seconds is not None], default=None)


def without_control(block: JsonObject) -> JsonObject:
    """Return a block as the cache compares it: without breakpoints, and a result's text as a list of blocks."""
    plain = {name: value for name, value in block.items() if name != FIELD}
    if block.get("type") == "tool_result":
        content = block.get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else objects(content)
        plain["content"] = [without_control(part) for part in parts]
    return plain


def check(body: JsonObject) -> None:
    """Check the number and the order of breakpoints. Raises `Refusal` 400, in the real API's words."""
    marked = [(block.place, seconds) for block in blocks(body) if (seconds := lifetime_of(block.json)) is not None]
    count = len(marked) + (body.get(FIELD) is not None)
    if count > MOST_BREAKPOINTS:
        message = f"A maximum of {MOST_BREAKPOINTS} blocks with cache_control may be provided. Found {count}."
        raise Refusal(400, "invalid_request", message)
    shortest = HOUR
    for place, seconds in marked:
        if seconds > shortest:
            _refuse_order(".".join([str(part) for part in place]))
        shortest = min(shortest, seconds)


def _refuse_order(place: str) -> None:
    param = f"{place}.{FIELD}.ttl"
    message = (
        f"{param}: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks "
        "are processed in the following order: `tools`, `system`, `messages`."
    )
    raise Refusal(400, "invalid_request", message, param=param)

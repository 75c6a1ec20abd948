"""Prompts that are cached, and what an answer says of the cache."""

from pydantic import JsonValue

from mockserver.core.conversation import Usage
from tests.support.engine import MESSAGES, Talk

LONG = "It was a dark and stormy night; the rain fell in torrents. " * 100  # 5,900 characters: 1,475 tokens
LONG_TOKENS = 1_475
MARK: JsonValue = {"type": "ephemeral"}
HOUR: JsonValue = {"type": "ephemeral", "ttl": "1h"}


def text(words: str, mark: JsonValue = None) -> JsonValue:
    """Return a block of text, which is a breakpoint if it has a mark."""
    block: dict[str, JsonValue] = {"type": "text", "text": words}
    return block if mark is None else {**block, "cache_control": mark}


def system(mark: JsonValue = MARK) -> JsonValue:
    return [text(LONG, mark)]


def cached(talk: Talk, path: str = MESSAGES, messages: JsonValue = None, **fields: JsonValue) -> tuple[int, int]:
    """Send a request, and return how many tokens were read from the cache and written to it."""
    return read_and_written(talk.say(path, messages, **fields).note.usage)


def read_and_written(usage: Usage | None) -> tuple[int, int]:
    assert usage is not None
    return usage.cache_read, usage.cache_write


def counts(reported: JsonValue) -> dict[str, JsonValue]:
    """Return the usage of an answer or event."""
    assert isinstance(reported, dict)
    return reported

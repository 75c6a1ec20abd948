"""Shared by rules: what is wrong with an answer, and what later requests tell of it by the conversation they send.

Messages are compared by digests of them, which are facts of an exchange: each request is read once, and each question
is a look into an index. So the cost of a verdict grows with the requests, not with their square.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

import orjson

from mockserver.core.conversation import Block, Json, Text, ToolUse
from mockserver.journal.facts import once_per_exchange
from mockserver.journal.record import Record

SIZE = 8
"""Bytes of a digest."""


class BrokenAnswer(NamedTuple):
    """A stream that ended in an error, or without its end: the error, the last letters, and what was delivered."""

    error: str
    end: str
    text: bytes | None
    ids: tuple[str, ...]


@once_per_exchange
def broken_answer(record: Record) -> BrokenAnswer | None:
    """Return what is wrong with a stream, or None."""
    if record.status != 200:
        return None
    answer = record.answer
    if not answer.is_stream or (answer.is_whole and not answer.error):
        return None
    text = _digest(answer.text) if answer.text else None
    ids = tuple(dict.fromkeys([call.id for call in answer.calls]))
    return BrokenAnswer(answer.error[:60], (answer.text or "a tool call")[-30:], text, ids)


@once_per_exchange
def has_tool_call(record: Record) -> bool:
    """Return whether the answer called a tool."""
    return bool(record.answer.calls)


class _SentHistory(NamedTuple):
    """The messages that a request sends, as digests.

    `places` are those of the assistant's messages; for each, `before` has the digest of all messages before it, and
    `texts` that of its text. `whole` is the digest of all messages. `calls` has the ids of the tool calls of a message,
    `results` those of the results that the request brings without `is_error`. `is_accepted` says whether the gateway
    took the request.
    """

    size: int
    whole: bytes
    places: "array[int]"
    before: bytes
    texts: bytes
    calls: Mapping[int, tuple[str, ...]]
    results: tuple[str, ...]
    is_accepted: bool

    def reply_at(self, place: int) -> tuple[bytes, bytes] | None:
        """Return the digests of the messages before a message and of its text; None if it is not the assistant's."""
        index = bisect_left(self.places, place)
        if index == len(self.places) or self.places[index] != place:
            return None
        digests = slice(SIZE * index, SIZE * (index + 1))
        return self.before[digests], self.texts[digests]


@once_per_exchange
def _sent(record: Record) -> _SentHistory | None:
    conversation = record.conversation_sent
    if conversation is None:
        return None
    so_far = blake2b(digest_size=SIZE)
    places, before, texts, calls = array("L"), bytearray(), bytearray(), dict[int, tuple[str, ...]]()
    for place, message in enumerate(conversation.messages):
        if message.role == "assistant":
            places.append(place)
            before += so_far.copy().digest()
            texts += _digest("".join([block.text for block in message.blocks if isinstance(block, Text)]))
        ids = tuple([block.id for block in message.blocks if isinstance(block, ToolUse)])
        if ids:
            calls[place] = ids
        so_far.update(_encoded([message.role, *map(_plain, message.blocks)]))
    accepted = record.conversation
    results = () if accepted is None else tuple([one.tool_use_id for one in accepted.tool_results if not one.is_error])
    return _SentHistory(
        size=len(conversation.messages),
        whole=so_far.digest(),
        places=places,
        before=bytes(before),
        texts=bytes(texts),
        calls=calls,
        results=results,
        is_accepted=accepted is not None,
    )


def has_result(record: Record, id: str) -> bool:
    """Return whether a request brings the result of a tool call, not marked as an error."""
    sent = _sent(record)
    return sent is not None and id in sent.results


def _digest(text: str) -> bytes:
    return blake2b(text.strip().encode("utf-8", "surrogatepass"), digest_size=SIZE).digest()


def _plain(block: Block) -> list[Json]:
    """Return a block as JSON; equal blocks have equal JSON."""
    return [type(block).__name__, *[_canonical(getattr(block, field)) for field in block.__struct_fields__]]


def _canonical(value: Json) -> Json:
    """Return the one form that equal values share: 1, 1.0 and true are equal, and keys have no order."""
    if isinstance(value, Mapping):
        return {name: _canonical(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer() and abs(value) < 2**63):
        return int(value)
    return value


def _encoded(value: Json) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a lone surrogate, or too many levels
        return repr(value).encode("utf-8", "surrogatepass")


_Places: TypeAlias = dict[Hashable, list[int]]


class History:
    """The requests of a verdict, in the order in which they came, and which of them continue which conversation."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._arrivals = [record.received_at for record in records]
        self._replies: dict[int, _Places] = {}
        self._naming: _Places | None = None
        self._groups: dict[tuple[int, str], _Places] = {}
        self._fitting: dict[Hashable, list[int]] = {}

    def first_with_answer(self, record: Record, broken: BrokenAnswer) -> Record | None:
        """Return the first later request that has what was delivered of a broken answer in its history, or None."""
        own = _sent(record)
        if own is None or not own.is_accepted:
            return None
        index = self._replies_at(own.size)
        keys = [(own.whole, part) for part in (broken.text, *broken.ids) if part is not None]
        return self._first(record, [index.get(key, []) for key in keys])

    def first_that_names(self, record: Record, id: str, fits: Callable[[Record], bool], key: Hashable) -> Record | None:
        """Return the first later request that continues a conversation, names a tool call and fits, or None.

        `key` stands for `fits`, with which each request is tried once.
        """
        own = _sent(record)
        if own is None or not own.is_accepted:
            return None
        full_key = (own.size, own.whole, id, key)
        if full_key not in self._fitting:
            places = self._group(own.size, id).get(own.whole, [])
            self._fitting[full_key] = [place for place in places if fits(self._records[place])]
        return self._first(record, [self._fitting[full_key]])

    def _first(self, record: Record, places: Sequence[list[int]]) -> Record | None:
        """Return the first request of these places that came after the answer to `record` had ended."""
        start = bisect_left(self._arrivals, record.ended_at)
        later = [own[index] for own in places if (index := bisect_left(own, start)) < len(own)]
        return self._records[min(later)] if later else None

    def _replies_at(self, size: int) -> _Places:
        """Return the requests whose message `size` is the assistant's, by the messages before and what it says."""
        if size not in self._replies:
            index: _Places = {}
            for place, record in enumerate(self._records):
                sent = _sent(record)
                reply = None if sent is None else sent.reply_at(size)
                if sent is not None and reply is not None:
                    before, text = reply
                    for part in {text, *sent.calls.get(size, ())}:
                        index.setdefault((before, part), []).append(place)
            self._replies[size] = index
        return self._replies[size]

    def _group(self, size: int, id: str) -> _Places:
        """Return the requests that name a tool call and whose message `size` is the assistant's, by those before."""
        if self._naming is None:
            self._naming = {}
            for place, record in enumerate(self._records):
                sent = _sent(record)
                if sent is not None:
                    for name in {id for ids in (*sent.calls.values(), sent.results) for id in ids}:
                        self._naming.setdefault(name, []).append(place)
        if (size, id) not in self._groups:
            group: _Places = {}
            for place in self._naming.get(id, []):
                sent = _sent(self._records[place])
                reply = None if sent is None else sent.reply_at(size)
                if reply is not None:
                    group.setdefault(reply[0], []).append(place)
            self._groups[size, id] = group
        return self._groups[size, id]

"""Everything that reads an exchange back for a person, in one table: a new reader is one line here."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from traceback import extract_tb

import msgspec
import orjson

from mockserver.control import serializers
from mockserver.control.snippets import COPIES
from mockserver.core.actions import Actions
from mockserver.engine.decision import Note
from mockserver.engine.request import Request
from mockserver.files.explain import explain_request
from mockserver.journal import format as formatting
from mockserver.journal import retries
from mockserver.journal.log import Captured, Exchange, Outcome
from mockserver.journal.record import JournalQuery, Record
from mockserver.journal.snapshot import snapshot
from mockserver.journal.verdict import judge
from mockserver.journal.verify import ClientError, expect_calls, expect_order, unmatched_requests
from tests.support.engine import contract, turns

QUERIES = (
    JournalQuery({}),
    JournalQuery({"last": "tool_result"}),
    JournalQuery({"text": {"contains": "a"}, "not": {"last": "user"}}),
    JournalQuery({"tools": ["read"], "tool_choice": "required", "assistant_turns": 1}),
    JournalQuery({"tool_result": {"text": "a"}, "system": "a", "stream": True}),
    JournalQuery({"body": {"/messages/0/content/0/text": "a"}, "body_schema": {"required": ["x"]}}),
    JournalQuery({"operation": "messages", "model": "m*", "headers": {"user-agent": "a"}, "path": "/v1/*"}),
)
"""What a test may ask of the journal: every key of `when` that can be asked."""

EXPLAINED = turns("\n".join([f"  - {{when: {orjson.dumps(query.keys).decode()}, reply: a}}" for query in QUERIES]))
"""A scenario with the same conditions."""


def exchange(
    body: bytes,
    path: str,
    *,
    number: int = 1,
    actions: Actions = (),
    status: int = 400,
    frames: int = 0,
    headers: Mapping[str, str] | None = None,
) -> Exchange:
    """Return an exchange as the journal keeps it; `frames` of its actions were delivered."""
    captured = Captured(headers=dict(headers or {}), actions=actions, received_at=number, ended_at=number + 0.5)
    outcome = Outcome(status=status, frames=frames, bytes=0, seconds=0.1, ended="complete", of=frames)
    return Exchange(number, float(number), "", "POST", path, body, Note(session="attack"), outcome, captured)


def _verify(record: Record) -> None:
    for query in QUERIES:
        for times in (None, 0, 1):
            _fails_only_as_an_assertion(partial(expect_calls, [record], times, query.keys))
        _fails_only_as_an_assertion(partial(expect_order, [record], [query.keys, {}]))


def _fails_only_as_an_assertion(check: Callable[[], object]) -> None:
    try:
        check()
    except ClientError as error:
        str(error)


@lru_cache(maxsize=1)  # the properties of answers ask the same request again and again
def _explain(method: str, path: str, body: bytes) -> None:
    request = Request(method, path, {"x-api-key": "sk_a"}, body)
    for lenient in (False, True):
        script = msgspec.structs.replace(EXPLAINED, lenient=lenient)
        explain_request(script, contract(), request).model_dump_json()


def _copied(copy: Callable[[Record, str], str], record: Record) -> str:
    return copy(record, "http://127.0.0.1:1")


def _shape(record: Record) -> None:
    serializers.summary(record).model_dump_json()
    serializers.whole(record).model_dump_json()
    serializers.uncut(record.exchange)


READERS: Mapping[str, Callable[[Record], object]] = {
    "call": lambda record: (record.call, record.conversation, record.json),
    "conversation": lambda record: record.conversation_sent,
    "answer": lambda record: (record.answer, record.events, record.response_headers),
    "request": formatting.describe_request,
    "description of the answer": formatting.describe_answer,
    "timeline": lambda record: formatting.timeline([record]),
    "differences": lambda record: [formatting.list_differences([record], query) for query in QUERIES],
    "verify": _verify,
    "unmatched": lambda record: unmatched_requests([record]),
    "explain": lambda record: _explain(record.method, record.path, record.body),
    "shape": _shape,
    "snapshot": lambda record: snapshot([record]),
    "retries": lambda record: retries.group_tries([record, record]),
    "verdict": lambda record: repr(judge([record, again(record)])),
    **{f"copy {kind}": partial(_copied, copy) for kind, copy in COPIES.items()},
}


def again(record: Record) -> Record:
    """Return the same request once more, a second later: a rule of the verdict compares requests."""
    first = record.exchange
    captured = msgspec.structs.replace(first.captured, received_at=first.captured.received_at + 1.0)
    return Record(msgspec.structs.replace(first, number=first.number + 1, captured=captured), contract())


def failures(found: Exchange) -> dict[str, str]:
    """Return what each reader raised that must not raise."""
    raised: dict[str, str] = {}
    for name, read in READERS.items():
        try:
            read(Record(found, contract()))
        except Exception as error:
            raised[name] = f"{_place(error)}: {type(error).__name__}: {str(error)[:200]}"
    return raised


def _place(error: Exception) -> str:
    """Return the innermost function of ours that an error came out of."""
    frames = [frame for frame in extract_tb(error.__traceback__) if "/mockserver/" in frame.filename]
    return f"{frames[-1].filename.rpartition('/mockserver/')[2]}:{frames[-1].name}" if frames else "no function of ours"

"""What every official SDK sees of the mock: one table of facts, in the words of each client."""

import re
from collections.abc import Callable, Mapping, Sequence

import pytest

from mockserver.core.catalogue import MODELS
from tests.clients.roster import CLIENTS, Client, Facts


class Like:
    """Equal to every text that a regular expression takes whole."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.fullmatch(self._pattern, other, re.DOTALL) is not None

    def __hash__(self) -> int:
        return hash(self._pattern)

    def __repr__(self) -> str:
        return f"Like({self._pattern!r})"


class Number:
    """Equal to every number."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "Number()"


def answer(client: Client, text: str, usage: Sequence[int] | None, calls: Mapping[str, Facts] | None = None) -> Facts:
    """One answer: its text, its calls (tool -> input), [input, output] tokens."""
    dialect = client.dialect
    return {
        **dialect.role,
        "id": Like(dialect.message_id + "[0-9A-Za-z]{22}"),
        "model": dialect.model,
        "text": text,
        "calls": [
            {"id": Like(dialect.call_id + "[0-9A-Za-z]{22}"), "name": name, "input": arguments}
            for name, arguments in (calls or {}).items()
        ],
        "stop": dialect.tools if calls else dialect.end,
        "usage": usage,
    }


# Token counts follow the mock's rule: a quarter of the characters said, rounded up.
GREETING = "Hello! How can I help you today?"
HELLO_USAGE = [2, 8]

READ = {"read_file": {"path": "/tmp/test.txt"}}
READ_USAGE = [39, 16]
CONTENT = 'The file contains: "Hello, world! This is a test file."'
CONTENT_USAGE = [63, 14]

OSLO = {"get_weather": {"city": "Oslo"}, "get_time": {"tz": "Europe/Oslo"}}
OSLO_TEXT = "I will look up both."
OSLO_USAGE = [74, 19]
BOTH_TEXT = "I have the weather and the time."
BOTH_USAGE = [103, 8]

THOUGHTS = [
    "They want to know the weather. I have a tool for that, and need no more than a city.",
    "The tool says: result of get_weather. That is all they asked for.",
]
"""What the model thinks before its call, and before its answer."""

EVENTS = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
]
"""What the raw iteration of the Anthropic SDKs shows, in order; they keep the ping to themselves."""

MESSAGES = {
    400: "Invalid request",
    401: "Invalid API key",
    402: "Insufficient credits",
    404: "Not found",
    429: "Rate limited",
    500: "Internal server error",
    503: "Model loading",
}
"""HTTP status -> the documents' words, in every SDK's message."""


def streamed(client: Client, usage: Sequence[int]) -> Sequence[int] | None:
    return usage if client.dialect.streams_usage else None


def raw(client: Client, asked_for_usage: bool = False) -> Facts:
    """Return what only raw iteration shows."""
    if not client.dialect.role:
        return {}
    return {"events": EVENTS} if client.dialect.streams_usage else {"usage_chunks": int(asked_for_usage)}


def round_trip(client: Client, *, stream: bool) -> Facts:
    first, last = (streamed(client, usage) if stream else usage for usage in (READ_USAGE, CONTENT_USAGE))
    return {
        "first": answer(client, "Let me read that file for you.", first, READ),
        "last": answer(client, CONTENT, last),
    }


def structured(client: Client) -> Facts:
    """Return what a client parses. Vercel's has no word for a refusal."""
    made = {"city": Like(".+"), "degrees": Number()}
    refusal = {"refusal": "I'm sorry, but I can't help with that."} if client.dialect.role else {}
    return {"default": made, "streamed": made, "scripted": {"city": "Oslo", "degrees": -3.5}, **refusal}


def failure(client: Client, status: int, words: str) -> Facts:
    says = re.escape(client.says.format(status=status))
    message = Like(f"{says}.*{re.escape(words)}.*")
    return {"ok": False, "error": client.errors[status], "status": status, "message": message}


EXPECTED: Mapping[str, Callable[[Client], Facts]] = {
    "version": lambda client: {"version": client.version},
    "message": lambda client: answer(client, GREETING, HELLO_USAGE),
    "stream_raw": lambda client: answer(client, GREETING, streamed(client, HELLO_USAGE)) | raw(client),
    "stream_helper": lambda client: answer(client, GREETING, streamed(client, HELLO_USAGE)) | {"streamed": GREETING},
    "usage_chunk": lambda client: answer(client, GREETING, HELLO_USAGE) | raw(client, asked_for_usage=True),
    "tool_round_trip": lambda client: round_trip(client, stream=False),
    "tool_round_trip_streamed": lambda client: round_trip(client, stream=True),
    "parallel_tools": lambda client: {
        "first": answer(client, OSLO_TEXT, OSLO_USAGE, OSLO),
        "last": answer(client, BOTH_TEXT, BOTH_USAGE),
    },
    "parallel_tools_streamed": lambda client: (
        answer(client, OSLO_TEXT, streamed(client, OSLO_USAGE), OSLO) | raw(client)
    ),
    "structured": structured,
    "reasoning": lambda _: {"thoughts": THOUGHTS * 2, "text": "In Oslo: result of get_weather"},
    "errors": lambda client: {str(status): failure(client, status, words) for status, words in MESSAGES.items()},
    "retry": lambda _: {"attempts": 2, "waits": [1], "text": "Thank you for waiting."},
    "models": lambda _: {"ids": [model.id for model in MODELS]},
    "count_tokens": lambda _: {"input_tokens": HELLO_USAGE[0]},
    "refused_key": lambda client: failure(client, 401, "sk-ant-"),
}


@pytest.mark.parametrize(
    ("client", "verb"),
    [pytest.param(client, verb, id=f"{client}-{verb}") for client in CLIENTS for verb in client.verbs],
)
def test_a_real_client_sees(client: Client, verb: str, seen_by: Callable[[Client, str], Facts]) -> None:
    assert seen_by(client, verb) == {"ok": True, **EXPECTED[verb](client)}


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_parallel_calls_have_ids_of_their_own(client: Client, seen_by: Callable[[Client, str], Facts]) -> None:
    whole, streamed = seen_by(client, "parallel_tools")["first"], seen_by(client, "parallel_tools_streamed")
    ids = [call["id"] for found in (whole, streamed) for call in found["calls"]]
    assert len(set(ids)) == len(ids) == 4

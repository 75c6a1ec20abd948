"""What the soak asks: both wires, whole and streamed, tools, errors, faults, accounts, and clients that leave.

A client of the soak has a few API keys of its own, so that the order of the requests of each session is known. Every
text has a number that no other has: an answer that belongs to somebody else is a wrong one.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

import orjson

CLIENTS = 32
"""Requests at a time."""
KEYS = 8
"""Sessions of each client; half of them pay."""
CREDITS = 5
"""Credits of a session that pays: some hundred answers, and then 402."""

SCENARIO = """\
scenario: soak
turns:
  - when: {text: {contains: one tool}}
    reply: [{text: Let me look.}, {tool_use: {name: read, input: {path: "{{last_user_text}}"}}}]
    times: always
  - {when: {text: {contains: refuse}}, error: {status: 429, retry_after: 1}, times: always}
  - {when: {text: {contains: overload}}, error: {status: 529}, times: always}
  - {when: {text: {contains: cut off}}, reply: "a b c d e f g h", faults: [{reset: {at: 4}}], times: always}
  - {when: {text: {contains: closed}}, reply: "a b c d e f g h", faults: [{close: {at: 3}}], times: always}
  - {when: {text: {contains: error event}}, reply: a b c, faults: [{error_event: {at: 3}}], times: always}
  - {when: {text: {contains: twice}}, reply: a b c d e f, faults: [{duplicate: 3}], times: always}
  - {when: {text: {contains: swapped}}, reply: a b c d e f, faults: [{swap: 3}, one_event_per_write], times: always}
  - {when: {text: {contains: paced}}, reply: a b c d, pace: {interval: 5ms}, times: always}
  - {when: {text: {contains: leave}}, reply: "a b c d e f g h", pace: {interval: 50ms}, times: always}
  - {reply: "heard {{last_user_text}}", usage: {input: 60, output: 40}, times: always}
"""
KINDS = {
    "hello": 60,
    "one tool": 12,
    "refuse": 6,
    "overload": 4,
    "cut off": 3,
    "closed": 3,
    "error event": 3,
    "twice": 3,
    "swapped": 2,
    "paced": 2,
    "leave": 1,
    "broken": 2,
}
"""Text -> how many of a hundred requests or so have it. `leave` is a client that goes; `broken` is no valid request."""
PATHS = ("/v1/messages", "/v1/chat/completions", "/api/v1/chat/completions")


class SoakRequest(NamedTuple):
    """One request: where it goes, its headers and body, and whether the client leaves before the end of the answer."""

    path: str
    headers: dict[str, str]
    body: bytes
    leaves: bool = False

    def raw(self) -> bytes:
        """Return its bytes on the wire."""
        head = "".join([f"{name}: {value}\r\n" for name, value in self.headers.items()])
        return f"POST {self.path} HTTP/1.1\r\n{head}content-length: {len(self.body)}\r\n\r\n".encode() + self.body


def keys(client: int) -> list[str]:
    """Return the API keys of a client; every other one pays."""
    return [f"sk_{'paid' if number % 2 else 'free'}_{client}_{number}" for number in range(KEYS)]


def accounts() -> str:
    """Return the accounts file: one account for each key that pays."""
    paying = [key for client in range(CLIENTS) for key in keys(client) if key.startswith("sk_paid")]
    limits = "limits: {requests: 1000000000, per: 1h}"
    rows = [f"  - {{key: {key}, plan: enterprise, credits: {CREDITS}, {limits}}}\n" for key in paying]
    return f"accounts:\n{''.join(rows)}"


def plan(seed: int, client: int) -> Iterator[SoakRequest]:
    """Yield the requests of a client without end, the same for the same seed."""
    choices, own = random.Random(f"{seed}/{client}"), keys(client)
    free = [key for key in own if key.startswith("sk_free")]
    kinds, weights = list(KINDS), list(KINDS.values())
    number = 0
    while True:
        number += 1
        kind = choices.choices(kinds, weights)[0]
        path, stream = choices.choice(PATHS), kind == "leave" or choices.random() < 0.5
        key = choices.choice(free if kind == "leave" else own)  # what a client that leaves has to pay depends on time
        headers = {"host": "127.0.0.1", "content-type": "application/json", "authorization": f"Bearer {key}"}
        yield SoakRequest(path, headers, body(path, f"{kind} {client}.{number}", stream), kind == "leave")


def body(path: str, text: str, stream: bool) -> bytes:
    """Return the body of a request that says this."""
    messages = [{"role": "nobody" if text.startswith("broken") else "user", "content": text}]
    fields: dict[str, object] = {"model": "m", "max_tokens": 200, "stream": stream, "messages": messages}
    if path == "/v1/chat/completions":
        fields["provider"] = "anthropic"
    return orjson.dumps(fields)

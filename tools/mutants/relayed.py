"""One exchange on its way through the relay, and how to change it.

A mutant may change the request before the gateway sees it (`before`: then a sound gateway gives a wrong answer) or the
answer (`after`). It changes a `RelayedExchange` in place, and knows only HTTP and JSON, no gateway's code.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from mockserver.contracts.exchange import SentRequest

CREDENTIAL_HEADERS = ("x-api-key", "authorization")

Change = Callable[["RelayedExchange"], None]


@dataclass
class RelayedExchange:
    """A request and, once the gateway has answered, its answer. `memory` lives as long as the mutant."""

    request: SentRequest
    memory: dict[str, Any]
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    ending: Any = "complete"
    delay: float = 0.0

    @property
    def path(self) -> str:
        """The path of the request."""
        return self.request.path

    @property
    def is_messages(self) -> bool:
        """Whether the request uses the Anthropic wire."""
        return self.path.endswith("/messages")

    @property
    def is_chat(self) -> bool:
        """Whether the request uses the OpenAI wire."""
        return self.path.endswith("/chat/completions")

    @property
    def is_byok(self) -> bool:
        """Whether the request uses the BYOK route (D4)."""
        return self.path == "/v1/chat/completions"

    @property
    def is_stream(self) -> bool:
        """Whether the answer is a stream of events."""
        return any(name == "content-type" and "event-stream" in value for name, value in self.headers)

    @property
    def json(self) -> Any:
        """The JSON of the answer, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()

    def set_header(self, name: str, value: str | None) -> None:
        """Set a header of the answer, or remove it."""
        self.headers = [pair for pair in self.headers if pair[0] != name]
        if value is not None:
            self.headers.append((name, value))

    def change_body(self, **fields: Any) -> None:
        """Set fields of the request's body. The value None removes one."""
        body = self.request.json
        if isinstance(body, dict):
            changed = {key: value for key, value in {**body, **fields}.items() if value is not None}
            self.request = replace(self.request, body=json.dumps(changed).encode())

    def set_key(self, key: str | None) -> None:
        """Replace the credential of the request, or remove it."""
        headers = {name: value for name, value in self.request.headers.items() if name not in CREDENTIAL_HEADERS}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        self.request = replace(self.request, headers=headers)


def frames(exchange: RelayedExchange) -> list[dict[str, Any]]:
    """Return the events of a stream: {event, data}, with data as JSON or as text."""
    events = []
    for raw in exchange.body.decode().split("\n\n"):
        event: dict[str, Any] = {}
        for line in raw.splitlines():
            name, _, value = line.partition(": ")
            event[name] = value
        if event:
            event["data"] = json.loads(event["data"]) if event["data"].startswith("{") else event["data"]
            events.append(event)
    return events


def put(exchange: RelayedExchange, events: Iterable[dict[str, Any]]) -> None:
    """Write events back into the answer."""
    text = ""
    for event in events:
        data = event["data"] if isinstance(event["data"], str) else json.dumps(event["data"], ensure_ascii=False)
        text += (f"event: {event['event']}\n" if "event" in event else "") + f"data: {data}\n\n"
    exchange.body = text.encode("utf-8", "surrogatepass")

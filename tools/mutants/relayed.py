"""One exchange on its way through the relay, and the ways to bend it.

A mutant may change the request before the gateway sees it (`before`: so a real gateway itself gives the wrong answer)
or the answer (`after`). Both get a `Shot` and change it in place. They know only HTTP and JSON, no gateway's code.
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
    """A request and, after the gateway answered, its answer. `memory` lives as long as the mutant."""

    request: SentRequest
    memory: dict[str, Any]
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    ending: Any = "complete"
    delay: float = 0.0

    @property
    def path(self) -> str:
        """The path."""
        return self.request.path

    @property
    def is_messages(self) -> bool:
        """Whether it is the Anthropic wire."""
        return self.path.endswith("/messages")

    @property
    def is_chat(self) -> bool:
        """Whether it is the OpenAI wire."""
        return self.path.endswith("/chat/completions")

    @property
    def is_byok(self) -> bool:
        """Whether it is D4's route."""
        return self.path == "/v1/chat/completions"

    @property
    def is_stream(self) -> bool:
        """Whether the answer is events."""
        return any(name == "content-type" and "event-stream" in value for name, value in self.headers)

    @property
    def json(self) -> Any:
        """The answer's JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()

    def set_header(self, name: str, value: str | None) -> None:
        """Set a header of the answer, or take it out."""
        self.headers = [pair for pair in self.headers if pair[0] != name]
        if value is not None:
            self.headers.append((name, value))

    def change_body(self, **fields: Any) -> None:
        """Change fields of the request's body; None takes one out."""
        body = self.request.json
        if isinstance(body, dict):
            changed = {key: value for key, value in {**body, **fields}.items() if value is not None}
            self.request = replace(self.request, body=json.dumps(changed).encode())

    def set_key(self, key: str | None) -> None:
        """Change the request's credential."""
        headers = {name: value for name, value in self.request.headers.items() if name not in CREDENTIAL_HEADERS}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        self.request = replace(self.request, headers=headers)


def frames(exchange: RelayedExchange) -> list[dict[str, Any]]:
    """The events of a stream: {event, data} with data as JSON or as text."""
    found = []
    for raw in exchange.body.decode().split("\n\n"):
        one: dict[str, Any] = {}
        for line in raw.splitlines():
            name, _, value = line.partition(": ")
            one[name] = value
        if one:
            one["data"] = json.loads(one["data"]) if one["data"].startswith("{") else one["data"]
            found.append(one)
    return found


def put(exchange: RelayedExchange, events: Iterable[dict[str, Any]]) -> None:
    """Write events back."""
    text = ""
    for one in events:
        data = one["data"] if isinstance(one["data"], str) else json.dumps(one["data"], ensure_ascii=False)
        text += (f"event: {one['event']}\n" if "event" in one else "") + f"data: {data}\n\n"
    exchange.body = text.encode("utf-8", "surrogatepass")

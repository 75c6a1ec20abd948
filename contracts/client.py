"""What a scene has in hand: it sends requests through a `Client`, and says what it found.

A scene is a function that examines promises that no single exchange can show. It never opens a socket itself: `Send`
is given, so a scene can be tried against a gateway in memory, and the runner can count, bound and record. What a
target cannot be brought to do ends a scene with `NotExaminable`, and its promises stay *not examined*, with the reason.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from mockserver.contracts.document import ContractDocument, OperationSpec
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.promises import CREDENTIALS, PROMISES
from mockserver.contracts.reply import ObservedReply, read_reply

Body: TypeAlias = dict[str, Any]

DEFAULT_MODEL = "qwen-coder-32b"
"""D1's default."""

LONGEST_WAIT = 12
"""Seconds that a run is ready to wait for a rate window or a cold start."""

PATIENCE = 4
"""How often a request is tried while the target limits it."""

JSON_HEADERS = {"content-type": "application/json", "accept": "application/json"}


class NotExaminable(Exception):
    """The scene cannot go on; the words say what is missing."""


class Sender(Protocol):
    """Sends one request and waits for its whole answer, within bounds; `pieces` sends the body slowly, in so many."""

    def __call__(self, request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        """Send, and wait."""
        ...


@dataclass(frozen=True)
class Target:
    """What is known of the gateway under examination."""

    key: str
    credentials: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    max_tokens: int = 256
    thorough: bool = True
    paid: bool = False
    seed: int = 0


Record: TypeAlias = Callable[[CheckedExchange], None]
RecordResult: TypeAlias = Callable[[str, bool, str, CheckedExchange | None], None]


class Client:
    """A conversation with the target, in which everything is recorded and judged."""

    def __init__(
        self,
        document: ContractDocument,
        target: Target,
        send: Sender,
        record: Record,
        record_result: RecordResult,
        now: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        self.document = document
        self.target = target
        self._send = send
        self._record = record
        self._record_result = record_result
        self._now = now
        self.wait = wait

    # What the contract has

    def has(self, name: str) -> bool:
        """Whether the contract has this operation."""
        return name in self.document.operations

    def operation(self, name: str) -> OperationSpec:
        """An operation by name; without it the scene cannot tell."""
        if name not in self.document.operations:
            raise NotExaminable(f"the contract in force has no operation {name}")
        return self.document.operations[name]

    def conversations(self, *few: str) -> list[OperationSpec]:
        """The routes that a model answers; only these few, unless the run is thorough."""
        found = self.document.conversations
        return found if self.target.thorough or not few else [one for one in found if one.name in few]

    # Sending

    def send(
        self, request: SentRequest, *, on_purpose: bool = False, pieces: int = 1, checked: bool = True
    ) -> CheckedExchange:
        """Send, record, and let every judge see it. `on_purpose`: a failure is what is asked for.

        A 429 that nobody asked for is the target's right: the wait that it names is kept if it is short. That, or an
        account that is used up, says nothing about the promise in hand, so the scene ends.
        """
        for _ in range(PATIENCE):
            exchange = self._exchange(request, on_purpose, pieces, checked)
            wait = exchange.response.header("retry-after") or ""
            if on_purpose or exchange.response.status not in (402, 429):
                return exchange
            if exchange.response.status == 402:
                raise NotExaminable("the account of --key has no credits left (402)")
            if not wait.isdigit() or int(wait) > LONGEST_WAIT:
                raise NotExaminable(f"the target limits the requests of --key (429, retry-after {wait or 'missing'})")
            self.wait(int(wait))
        raise NotExaminable("the target limits the requests of --key (429 again after every wait)")

    def _exchange(self, request: SentRequest, on_purpose: bool, pieces: int, checked: bool) -> CheckedExchange:
        at = self._now()
        response = self._send(request, pieces=pieces)
        found = self.document.find(request.method, request.path)
        exchange = CheckedExchange(request, response, found.name if found else "", at, on_purpose)
        if checked:
            self._record(exchange)
        return exchange

    def record(self, exchange: CheckedExchange) -> None:
        """Let the judges see an exchange that was sent with `judged=False`."""
        self._record(exchange)

    def auth_header(self, operation: OperationSpec, key: str | None = None) -> dict[str, str]:
        """The header that carries a key where the operation reads one."""
        key = self.target.key if key is None else key
        if "ApiKeyAuth" in operation.schemes:
            return {"x-api-key": key}
        return {"authorization": f"Bearer {key}"} if "BearerAuth" in operation.schemes else {}

    def post(
        self,
        operation: OperationSpec,
        body: Any,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        on_purpose: bool = False,
        pieces: int = 1,
        checked: bool = True,
    ) -> CheckedExchange:
        """POST a body. `headers` replace the credential; bytes are sent as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        credential = self.auth_header(operation, key) if headers is None else dict(headers)
        request = SentRequest("POST", operation.path, JSON_HEADERS | _version(operation) | credential, raw)
        return self.send(request, on_purpose=on_purpose, pieces=pieces, checked=checked)

    def get(
        self,
        operation: OperationSpec,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        **parts: str,
    ) -> CheckedExchange:
        """GET an operation; `parts` fill the braces of its path."""
        path = operation.path.format(**parts)
        credential = self.auth_header(operation, key) if headers is None else dict(headers)
        return self.send(SentRequest("GET", path, {"accept": "application/json"} | credential))

    # Asking

    def body(self, operation: OperationSpec, text: str = "Say hello.", **fields: Any) -> Body:
        """A valid request with one user message, and these fields beside it (None leaves one out)."""
        basic = operation.examples.get("basic", {})
        body: Body = {"messages": [{"role": "user", "content": text}], "max_tokens": self.target.max_tokens}
        for name in ("model", "provider", "preferred_model"):
            if name in basic:
                body[name] = basic[name]
        body.setdefault("model", DEFAULT_MODEL)
        if self.target.model is not None:
            body["model"] = self.target.model
        if "preferred_model" in body:
            del body["model"]
        body |= fields
        return {name: value for name, value in body.items() if value is not None}

    def credential(self, name: str) -> str:
        """Help that the operator gave, or the end of the scene."""
        if not self.target.credentials.get(name):
            raise NotExaminable(CREDENTIALS[name])
        return self.target.credentials[name]

    # Finding

    def check(self, promise: str, kept: bool, got: str, exchange: CheckedExchange | None = None) -> bool:
        """Say whether a promise was kept here, and what was seen if not."""
        assert promise in PROMISES, f"no promise is named {promise!r}"
        self._record_result(promise, kept, got, exchange)
        return kept

    def expect(self, promise: str, exchange: CheckedExchange, *statuses: int) -> bool:
        """Check the status of an exchange."""
        got = exchange.response.status
        wanted = " or ".join(map(str, statuses))
        return self.check(promise, got in statuses, f"status {got or 'none'}, expected {wanted}", exchange)

    def reply(self, exchange: CheckedExchange) -> ObservedReply:
        """The model's reply in a 200; without one the scene cannot tell."""
        operation = self.document.operations[exchange.operation]
        found = read_reply(operation.wire, exchange.response)
        if found is None:
            raise NotExaminable(
                f"{operation.path} answered {exchange.response.status or 'nothing'} where a reply was needed"
            )
        return found


def _version(operation: OperationSpec) -> dict[str, str]:
    return {"anthropic-version": "2023-06-01"} if operation.wire == "anthropic" else {}

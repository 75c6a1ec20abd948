"""The client that probes use: it sends requests, records them, and reports what a probe finds.

It opens no socket itself. `Sender` and `RawSender` are passed in, so a probe runs against a gateway in memory too, and
the runner counts, bounds and records every request.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote

from mockserver.contracts.document import ContractDocument, OperationSpec
from mockserver.contracts.exchange import CheckedExchange, ReceivedResponse, SentRequest
from mockserver.contracts.promises import CREDENTIALS, PROMISES
from mockserver.contracts.raw_answers import RawSender
from mockserver.contracts.reply import ObservedReply, read_reply
from mockserver.contracts.security import CredentialPlace, preferred

Body: TypeAlias = dict[str, Any]

DEFAULT_MODEL = "qwen-coder-32b"
"""The default model of D1."""

LONGEST_WAIT = 12
"""The longest time, in seconds, that a run waits for a rate limit or a cold start."""

PATIENCE = 4
"""How often a request is sent while the target limits it."""

JSON_HEADERS = {"content-type": "application/json", "accept": "application/json"}


class NotExaminable(Exception):
    """The probe cannot go on. The message says what is missing."""


class NotOffered(NotExaminable):
    """The target does not have what the probe is about. The message says how that was found out."""


class Sender(Protocol):
    """Sends one request and returns its whole answer, within limits of time and size."""

    def __call__(self, request: SentRequest, *, pieces: int = 1) -> ReceivedResponse:
        """Send a request. With more than one of `pieces`, send the body slowly, in that number of pieces."""
        ...


@dataclass(frozen=True)
class Target:
    """What is known of the gateway under examination. `assumed` names the credentials that nobody gave."""

    key: str
    credentials: Mapping[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    model: str | None = None
    max_tokens: int = 256
    thorough: bool = True
    paid: bool = False
    seed: int = 0
    keys: Mapping[str, str] = field(default_factory=dict)
    """Security scheme of another document -> its credential, if it is not `key`."""

    def key_of(self, place: CredentialPlace) -> str:
        """Return the credential for a place: the one that the operator gave for its scheme, or that of --key."""
        return self.keys.get(place.scheme, self.key)


Record: TypeAlias = Callable[[CheckedExchange], None]
RecordResult: TypeAlias = Callable[[str, bool, str, CheckedExchange | None], None]


class Client:
    """Sends a probe's requests to the target. Every exchange is recorded and passes the checks."""

    def __init__(
        self,
        document: ContractDocument,
        target: Target,
        send: Sender,
        record: Record,
        record_result: RecordResult,
        now: Callable[[], float],
        wait: Callable[[float], None],
        raw: RawSender | None = None,
    ) -> None:
        self.document = document
        self.target = target
        self._send = send
        self._record = record
        self._record_result = record_result
        self._now = now
        self.wait = wait
        self._raw = raw

    # The contract

    def has(self, name: str) -> bool:
        """Return whether the contract has this operation."""
        return name in self.document.operations

    def operation(self, name: str) -> OperationSpec:
        """Return an operation by name. Raises `NotExaminable` if the contract does not have it."""
        if name in self.document.operations:
            return self.document.operations[name]
        if self.document.scope == "wire":
            raise NotOffered(f"the target has no route for {name}")
        raise NotExaminable(f"the contract in force has no operation {name}")

    def conversations(self, *few: str, needs: str = "") -> list[OperationSpec]:
        """Return the operations that a model answers: all in a thorough run, otherwise only those in `few`.

        Raises `NotOffered` if none of them offers the capability `needs`.
        """
        operations = self.document.conversations
        chosen = [one for one in operations if self.target.thorough or not few or one.name in few]
        return _offering(chosen, needs)

    def main(self, *names: str, needs: str = "") -> list[OperationSpec]:
        """Return the operations of these names, messages and chat by default. One wire alone is enough of a gateway.

        Raises `NotOffered` if none of them offers the capability `needs`.
        """
        names = names or ("messages", "chat")
        here = [name for name in names if self.document.scope == "own" or self.has(name)]
        return _offering([self.operation(name) for name in here or names], needs)

    # Requests

    def send(
        self, request: SentRequest, *, on_purpose: bool = False, pieces: int = 1, checked: bool = True
    ) -> CheckedExchange:
        """Send a request, wait out a rate limit if it is short, and let the checks see every answer.

        With `on_purpose` the request asks for a failure: a 402, 429 or 5xx is then what it should get. Otherwise a 429
        with a long wait, or a 402, says nothing about the promise in hand. Raises `NotExaminable` then.
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
        operation = self.document.find(request.method, request.path)
        exchange = CheckedExchange(request, response, operation.name if operation else "", at, on_purpose)
        if checked:
            self._record(exchange)
        return exchange

    @property
    def raw(self) -> RawSender:
        """What sends bytes as they are. Raises `NotExaminable` if the run has no connections of its own."""
        if self._raw is None:
            raise NotExaminable("this run does not open connections of its own")
        return self._raw

    def record(self, exchange: CheckedExchange) -> None:
        """Let the checks see an exchange that was sent with `checked=False`."""
        self._record(exchange)

    def authorized(self, operation: OperationSpec, request: SentRequest, key: str | None = None) -> SentRequest:
        """Return a request with the credentials that the operation reads. A key takes the place of that of --key."""
        if self.document.scope == "own":
            return replace(request, headers={**request.headers, **self.auth_header(operation, key)})
        for place in preferred(operation.security, self.target.keys):
            request = place.put(request, self.target.key_of(place) if key is None else key)
        return request

    def auth_header(self, operation: OperationSpec, key: str | None = None) -> dict[str, str]:
        """Return the header that carries a key, in the form that an operation of our own document reads."""
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
        """Send a body; bytes are sent unchanged. `headers` replace the credential."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        request = self._with(operation, JSON_HEADERS | _version(operation), operation.path, key, headers, raw)
        return self.send(request, on_purpose=on_purpose, pieces=pieces, checked=checked)

    def get(
        self,
        operation: OperationSpec,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        **parts: str,
    ) -> CheckedExchange:
        """GET an operation. `parts` fill the braces of its path, or else the examples of the document."""
        path = re.sub(r"\{([^}]*)\}", lambda name: parts.get(name[1]) or _example(operation, name[1]), operation.path)
        return self.send(self._with(operation, {"accept": "application/json"}, path, key, headers))

    def _with(
        self,
        operation: OperationSpec,
        plain: Mapping[str, str],
        path: str,
        key: str | None,
        headers: Mapping[str, str] | None,
        body: bytes | None = None,
    ) -> SentRequest:
        """Return a request with its credential, or with `headers` in place of one."""
        request = SentRequest(operation.method, path, {**plain, **(headers or {})}, body)
        return self.authorized(operation, request, key) if headers is None else request

    # What a request is made of

    def body(self, operation: OperationSpec, text: str = "Say hello.", **fields: Any) -> Body:
        """Return a valid body with one user message and these fields. A field with the value None is left out."""
        basic = operation.basic
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

    def with_model(self, body: Any) -> Any:
        """Return a body of the documents for the model of --model, if there is one."""
        return body | {"model": self.target.model} if self.target.model and "model" in body else body

    def credential(self, name: str) -> str:
        """Return a credential of the target by its name. Raises `NotExaminable` if the operator gave none."""
        if not self.target.credentials.get(name):
            raise NotExaminable(CREDENTIALS[name])
        return self.target.credentials[name]

    def require_known(self, name: str, exchange: CheckedExchange) -> None:
        """Raise `NotExaminable` if the target rejects a credential that nobody gave."""
        if name in self.target.assumed and exchange.response.status == 401:
            raise NotExaminable(CREDENTIALS[name])

    # Results

    def check(self, promise: str, kept: bool, got: str, exchange: CheckedExchange | None = None) -> bool:
        """Report whether a promise was kept, and what was seen if it was not. Return `kept`.

        An answer that did not end properly keeps no promise.
        """
        assert promise in PROMISES, f"no promise is named {promise!r}"
        if not kept or exchange is None or exchange.response.ended == "complete":
            self._record_result(promise, kept, got, exchange)
        return kept

    def expect(self, promise: str, exchange: CheckedExchange, *statuses: int) -> bool:
        """Report whether the status of an exchange is one of `statuses`. Return whether it is."""
        got = exchange.response.status
        expected = " or ".join(map(str, statuses))
        return self.check(promise, got in statuses, f"status {got or 'none'}, expected {expected}", exchange)

    def reply(self, exchange: CheckedExchange) -> ObservedReply:
        """Return the model's reply. Raises `NotExaminable` if the answer has none."""
        operation = self.document.operations[exchange.operation]
        reply = read_reply(operation.wire, exchange.response)
        if reply is None:
            raise NotExaminable(
                f"{operation.path} answered {exchange.response.status or 'nothing'} where a reply was needed"
            )
        return reply


def _offering(operations: list[OperationSpec], capability: str) -> list[OperationSpec]:
    """Return the operations that offer a capability. Raises `NotOffered` if it is lacking everywhere."""
    offering = [operation for operation in operations if capability not in operation.lacking]
    if operations and not offering:
        raise NotOffered(f"{capability}: {operations[0].lacking[capability]}")
    return offering


def _example(operation: OperationSpec, name: str) -> str:
    """Return a value for a parameter of a path: the document's example, or the simplest one."""
    found = next((each for each in operation.parameters if (each.get("name"), each.get("in")) == (name, "path")), {})
    schema = found.get("schema") or {}
    values = [found.get("example"), schema.get("example"), schema.get("default"), *(schema.get("enum") or ())]
    return quote(str(next((value for value in values if value is not None), 1)), safe="")


def _version(operation: OperationSpec) -> dict[str, str]:
    return {"anthropic-version": "2023-06-01"} if operation.wire == "anthropic" else {}

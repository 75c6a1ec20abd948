"""A request on its way in: its route is looked up once, and its body is parsed at most once.

A server makes the `Arrival` of a request (`Engine.arrive`), reads its session from it and passes it to `Engine.decide`;
again, if a store that several processes share must retry.
"""

from mockserver.accounts.identify import Accounts
from mockserver.core.conversation import JsonObject
from mockserver.core.errors import Refusal
from mockserver.engine.head import read_head
from mockserver.engine.request import Request, call_of, call_with, outline, read_call, request_body
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.scenarios.call import Call
from mockserver.wires import WIRES


class Arrival:
    """A request with its route. `operation` is None where the contract has none: `head.refusal` says why.

    `session_id` is None for a request that makes no session: a refused key, an invalid name. A preflight makes none
    either: it has no key, and must be answered while the store is away.
    """

    __slots__ = ("_body", "_read", "head", "operation", "request", "session_id")

    def __init__(self, request: Request, contract: Contract, accounts: Accounts) -> None:
        self.request = request
        self.head = head = read_head(request, contract, accounts)
        self.operation: Operation | None = head.operation
        self.session_id = head.session_id
        self._body: JsonObject | None = None
        self._read: Call | Refusal | None = None

    def routed(self) -> Operation:
        """Return the operation. Raises `Refusal` 404 or 405 where there is none."""
        if self.operation is None:
            assert self.head.refusal is not None, "a request without an operation was refused by the contract"
            raise self.head.refusal.with_traceback(None)
        return self.operation

    def outline(self) -> Call:
        """Return the call before its body is read. Raises `Refusal` 404 or 405."""
        return outline(self.routed(), self.request)

    def body(self) -> JsonObject:
        """Return the body, parsed and valid. Raises `Refusal` 404, 405, 413, 400 or 422."""
        if self._body is None:
            self._body = request_body(self.routed(), self.request, self.head.parameters)
        return self._body

    def call(self) -> Call:
        """Return the call with its body and the conversation in it. Raises `Refusal` 404, 405, 413, 400 or 422."""
        if self._read is None:
            try:
                self._read = call_with(self.routed(), self.request, self.body())
            except Refusal as refusal:
                self._read = refusal
        if isinstance(self._read, Refusal):
            raise self._read
        return self._read

    def plain_call(self) -> Call:
        """Return the call of a plain request (`Wire.plain`), whose conversation needs no check."""
        if not isinstance(self._read, Call):
            operation, request, body = self.routed(), self.request, self.body()
            conversation = WIRES[operation.wire].parse(body, operation.max_tokens)
            self._read = call_of(operation, request, conversation, body)
        return self._read

    def lenient_call(self) -> Call:
        """Return the call although the form of its body is wrong. Its operation is from now on that of the arrival.

        Raises `Refusal` if more than the form is wrong.
        """
        self._read = read_call(self.routed(), self.request, self.head.parameters, lenient=True)
        self.operation = self._read.operation
        return self._read

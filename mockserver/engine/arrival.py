"""A request on its way in: its route is looked up once, and its body is parsed at most once.

A server makes the `Arrival` of a request (`Engine.arrive`), reads its session from it and passes it to `Engine.decide`;
again, if a store that several processes share must retry.
"""

from mockserver.accounts.identify import Accounts
from mockserver.core.errors import Refusal
from mockserver.engine import cors
from mockserver.engine.request import Request, outline, read_call
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.openapi.router import NO_PARAMETERS, Parameters
from mockserver.scenarios.call import Call


class Arrival:
    """A request with its route. `operation` is None where the contract has none: `refusal` says why."""

    def __init__(self, request: Request, contract: Contract, accounts: Accounts) -> None:
        self.request = request
        self.is_preflight = cors.is_preflight(request.method, request.headers)
        self.operation: Operation | None = None
        self.parameters: Parameters = NO_PARAMETERS
        self.refusal: Refusal | None = None
        self._accounts = accounts
        self._read: Call | Refusal | None = None
        try:
            self.operation, self.parameters = contract.find(request.method, request.path)
        except Refusal as refusal:
            self.refusal = refusal

    @property
    def session_id(self) -> str | None:
        """The session that the request belongs to, or None if it makes none: a refused key, an invalid name.

        A preflight makes none either: it has no key, and must be answered while the store is away.
        """
        if self.is_preflight:
            return None
        try:
            return self._accounts.name_session(self.operation, self.request.headers, self.request.body)
        except Refusal:
            return None

    def routed(self) -> Operation:
        """Return the operation. Raises `Refusal` 404 or 405 where there is none."""
        if self.operation is None:
            assert self.refusal is not None, "a request without an operation was refused by the contract"
            raise self.refusal
        return self.operation

    def outline(self) -> Call:
        """Return the call before its body is read. Raises `Refusal` 404 or 405."""
        return outline(self.routed(), self.request)

    def call(self) -> Call:
        """Return the call with its body and the conversation in it. Raises `Refusal` 404, 405, 413, 400 or 422."""
        if self._read is None:
            try:
                self._read = read_call(self.routed(), self.request, self.parameters)
            except Refusal as refusal:
                self._read = refusal
        if isinstance(self._read, Refusal):
            raise self._read
        return self._read

    def lenient_call(self) -> Call:
        """Return the call although the form of its body is wrong. Its operation is from now on that of the arrival.

        Raises `Refusal` if more than the form is wrong.
        """
        self._read = read_call(self.routed(), self.request, self.parameters, lenient=True)
        self.operation = self._read.operation
        return self._read

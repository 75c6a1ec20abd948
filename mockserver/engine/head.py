"""What the head of a request says by itself: its route, its session, its key.

None of it depends on the body, the session or the time, and a client sends the same head again and again. So it is read
once for as long as the server has the same head (`core.headers`), and found again by every further request.
"""

import msgspec

from mockserver.accounts import billing, keys
from mockserver.accounts.identify import Accounts, Holder
from mockserver.accounts.ledger import Terms
from mockserver.accounts.session import HEADER as SESSION_HEADER
from mockserver.accounts.session import Session
from mockserver.core.errors import Failure, Refusal
from mockserver.core.headers import RequestHeaders
from mockserver.engine import cors, overrides
from mockserver.engine.literal import literal_reply
from mockserver.engine.prepared_failure import PreparedFailure
from mockserver.engine.prepared_turn import PreparedReply, PreparedTurn
from mockserver.engine.request import Request
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import Operation
from mockserver.openapi.router import NO_PARAMETERS, Parameters
from mockserver.scenarios.script import CompiledTurn, Script
from mockserver.wires.envelopes import Envelope

NAMED_BY_BODY = frozenset({"refresh"})
"""Operations whose body names the session: it holds the token."""

MOST_TURNS = 16
"""Prepared turns that one head keeps."""


class HeadReading(msgspec.Struct, frozen=True):
    """A head, read with a contract and accounts.

    `operation` is None where the contract has none: `refusal` says why. `session_id` is None for a request that makes
    no session. `holder` is the caller, None where that depends on the session or the time, as for a token, and where
    the key is refused; `terms` are those of its account on the operation, None where nothing is metered. `is_plain`
    says that nothing in the head makes the answer another than the one to its body (see `short_step`); `turns` are the
    turns that such requests play, by number.

    It must not refer to the headers: they keep it, and objects that the collector does not see would keep both.
    """

    contract: Contract
    accounts: Accounts
    method: str
    path: str
    is_preflight: bool
    operation: Operation | None
    parameters: Parameters
    refusal: Refusal | None
    session_id: str | None
    holder: Holder | None
    terms: Terms | None
    is_plain: bool
    turns: dict[int, tuple[CompiledTurn, Script, PreparedTurn]] = {}

    def prepared(self, script: Script, turn: CompiledTurn, session: Session, envelope: Envelope) -> PreparedTurn | None:
        """Return a turn that answers this head, prepared; None if it does not say the same each time."""
        known = self.turns.get(turn.number)
        if known is not None and known[0] is turn and known[1] is script and known[2].is_for(session, envelope):
            return known[2]
        made = self._prepare(script, turn, session, envelope)
        if made is not None:
            if len(self.turns) >= MOST_TURNS:
                self.turns.clear()
            self.turns[turn.number] = turn, script, made
        return made

    def _prepare(self, script: Script, turn: CompiledTurn, session: Session, envelope: Envelope) -> PreparedTurn | None:
        operation, literal = self.operation, turn.literal
        assert operation is not None, "a turn answers requests with an operation"
        if isinstance(literal, Failure):
            return PreparedFailure(script, turn, literal, operation, session, envelope)
        reply = literal_reply(literal, operation)
        return PreparedReply(script, turn, reply, operation, session) if reply is not None else None


def read_head(request: Request, contract: Contract, accounts: Accounts) -> HeadReading:
    """Return what the head of a request says; what was read before, if its headers were."""
    headers = request.headers
    if not isinstance(headers, RequestHeaders):
        return _read(request, contract, accounts)
    head = headers.derived.get(HeadReading)
    if (
        not isinstance(head, HeadReading)
        or head.path != request.path
        or head.contract is not contract
        or head.accounts is not accounts
        or head.method != request.method
    ):
        head = _read(request, contract, accounts)
        if head.operation is not None and head.operation.name not in NAMED_BY_BODY:
            headers.derived[HeadReading] = head
    return head


def _read(request: Request, contract: Contract, accounts: Accounts) -> HeadReading:
    operation, parameters, refusal = None, NO_PARAMETERS, None
    try:
        operation, parameters = contract.find(request.method, request.path)
    except Refusal as reason:
        refusal = reason
    is_preflight = cors.is_preflight(request.method, request.headers)
    holder = _holder(operation, request, accounts) if operation is not None else None
    account = holder.account if holder is not None else None
    return HeadReading(
        contract=contract,
        accounts=accounts,
        method=request.method,
        path=request.path,
        is_preflight=is_preflight,
        operation=operation,
        parameters=parameters,
        refusal=refusal,
        session_id=None if is_preflight else _session_id(operation, request, accounts),
        holder=holder,
        terms=billing.terms_of(account, operation) if account is not None and operation is not None else None,
        is_plain=operation is not None and holder is not None and _is_plain(operation, holder, request),
    )


def _is_plain(operation: Operation, holder: Holder, request: Request) -> bool:
    """Return whether no header chooses anything, the account may use any model, and the route has no own rules."""
    chooses = any(name.startswith("x-mock-") or name == "origin" for name in request.headers)
    return (
        not chooses
        and operation.is_conversation
        and operation.variant == "plain"
        and operation.max_iterations is None
        and operation.form is None
        and (holder.account is None or holder.account.models is None)
        and not keys.key_of(request.headers).startswith(overrides.SCENARIO_KEY)
    )


def _session_id(operation: Operation | None, request: Request, accounts: Accounts) -> str | None:
    """Return the session of a request, or None if it makes none: a refused key, an invalid name."""
    try:
        return accounts.name_session(operation, request.headers, request.body)
    except Refusal:
        return None


def _holder(operation: Operation, request: Request, accounts: Accounts) -> Holder | None:
    if operation.handler is not None or SESSION_HEADER in request.headers:
        return None
    try:
        return accounts.holder_of_credential(operation, keys.authenticate(operation, request.headers))
    except Refusal:
        return None

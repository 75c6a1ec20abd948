"""The engine: one pure step from a session and a request to the next session and what happens on the wire.

`Engine.step(session, request, now)` is the whole gateway. It does no I/O, reads no clock and rolls no global dice;
everything it knows is in its arguments and in the engine's own frozen parts (contract, scripts, settings, accounts). So
a step can be tested without a socket, replayed byte for byte, and retried when two workers race for one session.
`Engine.settle` is its equally pure other half: it books what was really delivered.

A request goes through these stages, in this order, and the first that refuses it ends it with an error in the
client's dialect:

    route (404, 405) -> key, token (401) -> size (413) -> account (402, 429) -> body (400 or 422) -> conversation (400)
    -> model (403, 404) -> script (404) -> reply -> wire -> faults -> charge

Auth is judged before the body, and so is the account. A request that is refused before it is let in leaves the
session as it was.
"""

from collections.abc import Mapping
from copy import copy
from decimal import Decimal
from typing import Self
from urllib.parse import quote, unquote

import msgspec

from mockserver.accounts import billing, handlers, keys, model_access
from mockserver.accounts.identify import NOBODY, Accounts, Holder
from mockserver.accounts.ledger import ZERO
from mockserver.accounts.session import HEADER as SESSION_HEADER
from mockserver.accounts.session import START, Session, name_session
from mockserver.core.actions import Actions, Headers
from mockserver.core.conversation import Conversation, JsonObject, Usage
from mockserver.core.errors import Failure, Refusal
from mockserver.engine import builtin, cors, overrides, responses
from mockserver.engine.decision import Decision, Note
from mockserver.engine.render import check_loaded, lay_faults, render_raw, render_reply, split_decision
from mockserver.engine.reply import SeedPath, default_plan
from mockserver.engine.request import MAX_BODY, Request, check_size, handler_request, outline, read_call
from mockserver.faults import split_writes
from mockserver.openapi.contract import Contract
from mockserver.openapi.operation import HandlerRequest, Operation
from mockserver.openapi.router import Parameters
from mockserver.scenarios.call import Call
from mockserver.scenarios.compile import CompiledTurn, FailurePlan, RawPlan, Script
from mockserver.scenarios.schema import NEXT
from mockserver.scenarios.templates import TemplateContext
from mockserver.scenarios.turn_selection import NoTurnMatched, select_turn
from mockserver.wires import wire_named, wire_of_path
from mockserver.wires.envelopes import Envelope

SEED_HEADER = "x-mock-seed"

__all__ = ["MAX_BODY", "Decision", "Engine", "EngineSettings", "Note", "Request", "read_call"]


class EngineSettings(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the operator chose.

    The scenario that plays by default, and the pace laid over it (see `steering`); the shape of errors; `strict`: what
    is only observed is 404; `strict_models`: unknown models are 404, and those that the plan lacks 403.
    """

    scenario: str | None = None
    pace: str | None = None
    envelope: Envelope = "superset"
    strict: bool = False
    strict_models: bool = False


class _Arrival(msgspec.Struct, frozen=True, gc=False):
    """A request that has been let in: its session counts it, its account can pay, its body is read."""

    session: Session
    request: Request
    call: Call
    parameters: Parameters
    now: float
    holder: Holder
    script: Script | None
    meter: billing.Meter | None
    rate: Decimal

    @property
    def operation(self) -> Operation:
        return self.call.operation

    @property
    def trace(self) -> Headers:
        return responses.trace(self.session, wire_named(self.operation.wire))

    def money(self, usage: Usage) -> JsonObject:
        """What a managed answer says of the account."""
        return billing.money(self.session, self.meter, self.rate, usage) if self.meter is not None else {}


PREFLIGHT = "preflight"
"""What a preflight is called where other requests have the name of their operation."""

_PLAIN = " !#$&'()*+,/:;=?@[]"
"""What stands for itself in a seed that is told in a header; the rest is percent-encoded."""

_NOTHING_SAID = Conversation(model="", messages=(), body={})


class Engine:
    """The gateway as a function. Frozen after it is made; safe to share between threads."""

    def __init__(
        self,
        contract: Contract,
        scripts: Mapping[str, Script],
        settings: EngineSettings,
        accounts: Accounts | None = None,
    ) -> None:
        self.contract = contract
        self.scripts = scripts
        self.settings = settings
        self.accounts = accounts if accounts is not None else Accounts()

    def with_scripts(self, scripts: Mapping[str, Script], playing: str | None) -> Self:
        """The same engine with other scenarios, `playing` by default."""
        return self.with_settings(msgspec.structs.replace(self.settings, scenario=playing), scripts)

    def with_settings(self, settings: EngineSettings, scripts: Mapping[str, Script] | None = None) -> Self:
        """The same engine where the operator has chosen otherwise."""
        other = copy(self)
        other.settings = settings
        other.scripts = self.scripts if scripts is None else scripts
        return other

    def session_of(self, request: Request) -> str | None:
        """The session that a request belongs to, or None if it makes none: a refused key, a name that is none.

        A preflight makes none either: it has no key, and must be answered while the store is away.
        """
        if cors.is_preflight(request.method, request.headers):
            return None
        try:
            operation, _ = self.contract.find(request.method, request.path)
        except Refusal:
            operation = None
        try:
            return self.accounts.name_session(operation, request.headers, request.body)
        except Refusal:
            return None

    def step(self, session: Session, request: Request, now: float) -> tuple[Session, Decision]:
        """The next session, and the decision. `now` is the session's time in seconds since the epoch."""
        if "origin" not in request.headers:
            session, decision = self._step(session, request, now)
            return session, split_decision(decision)
        if cors.is_preflight(request.method, request.headers):
            return session, Decision(cors.preflight(request.headers), Note(session=session.id, operation=PREFLIGHT))
        session, decision = self._step(session, request, now)
        decision = split_decision(decision)
        return session, msgspec.structs.replace(decision, actions=cors.shared(decision.actions, request.headers))

    def settle(self, session: Session, decision: Decision, frames: int, complete: bool) -> Session:
        """The session after so many frames of a decision were delivered, its end included if `complete`."""
        if decision.receipt is None:
            return session
        return billing.settle(session, decision.receipt, decision.actions, frames, complete)

    def away(self, request: Request, seconds: int) -> Decision:
        """The answer while the sessions cannot be reached: 503, in the client's dialect."""
        told = "The mock's session store is away. Retry soon."
        refusal = Refusal(503, "store_unavailable", told, headers=(("retry-after", str(seconds)),))
        decision = self._refused(Session("none"), None, request, refusal, "")
        return msgspec.structs.replace(decision, actions=cors.shared(decision.actions, request.headers))

    def _step(self, session: Session, request: Request, now: float) -> tuple[Session, Decision]:
        operation: Operation | None = None
        try:
            operation, parameters = self.contract.find(request.method, request.path)
            holder = self._identified(operation, parameters, request, session, now)
        except Refusal as refusal:
            return session, self._refused(session, operation, request, refusal, "")
        session = _seeded(session.counted(now), request)
        try:
            arrival = self._let_in(session, operation, parameters, request, holder, now)
            return self._booked(arrival, self._answer(arrival))
        except Refusal as refusal:
            return session, self._refused(session, operation, request, refusal, operation.name)

    def _identified(
        self, operation: Operation, parameters: Parameters, request: Request, session: Session, now: float
    ) -> Holder:
        """Who is calling. Raises `Refusal` 401, and 404 for what is only observed where the operator is strict."""
        if self.settings.strict and operation.sources == {"OBS"}:
            raise Refusal(404, "unknown_route", f"{operation.path} is in no document, and this server is strict.")
        if SESSION_HEADER in request.headers:
            name_session(request.headers)
        if operation.handler is not None:
            operation.handler.admit(handler_request(request, parameters))
            return NOBODY
        return self.accounts.identify(operation, keys.authenticate(operation, request.headers), session, now)

    def _let_in(
        self,
        session: Session,
        operation: Operation,
        parameters: Parameters,
        request: Request,
        holder: Holder,
        now: float,
    ) -> _Arrival:
        """The request with its account, its body and its script. Raises `Refusal` of every stage before these.

        The account of a scenario that the model chooses can be known only when the body is read.
        """
        check_size(request)
        script = self._script(outline(operation, request), session)
        held, meter = self._metered(session, operation, request, holder, script, now)
        call = read_call(operation, request, parameters)
        chosen = self._script(call, session) if call.conversation is not None else script
        if chosen is not script:
            held, meter = self._metered(session, operation, request, holder, chosen, now)
        rate, conversation = ZERO, call.conversation
        if conversation is not None:
            if not conversation.model:
                conversation = msgspec.structs.replace(conversation, model=model_access.default_model(held.plan))
                call = msgspec.structs.replace(call, conversation=conversation)
            allowed = held.account.models if held.account is not None else None
            model_access.check_model(conversation, held.plan, allowed, strict=self.settings.strict_models)
            if meter is not None:
                rate = billing.rate_of(self.accounts.prices, meter.account, conversation.model)
        return _Arrival(session, request, call, parameters, now, held, chosen, meter, rate)

    def _script(self, call: Call, session: Session) -> Script | None:
        return overrides.choose_script(call, session, self.scripts, self.settings.scenario)

    def _metered(
        self,
        session: Session,
        operation: Operation,
        request: Request,
        holder: Holder,
        script: Script | None,
        now: float,
    ) -> tuple[Holder, billing.Meter | None]:
        """The holder with the account that pays, and what the request is held to. Raises `Refusal` 402 or 429."""
        held = self.accounts.playing(holder, overrides.with_account(session, script))
        return held, billing.admit(session, held, operation, now, request.ticket)

    def _booked(self, arrival: _Arrival, answered: tuple[Session, Decision]) -> tuple[Session, Decision]:
        """The answer, paid for, with D1's tips in a header."""
        session, decision = answered
        usage, actions, receipt = decision.note.usage, decision.actions, None
        conversation = arrival.call.conversation
        if usage is None or conversation is None:
            return session, decision
        if arrival.meter is not None:
            wire = wire_named(arrival.operation.wire)
            session, actions, receipt = billing.book(session, arrival.meter, arrival.rate, usage, actions, wire)
        elif not conversation.tools:
            return session, decision
        told = model_access.tips(conversation)
        note = msgspec.structs.replace(decision.note, tips=told) if told else decision.note
        actions = model_access.with_tips(actions, told)
        return session, msgspec.structs.replace(decision, actions=actions, note=note, receipt=receipt)

    def _answer(self, arrival: _Arrival) -> tuple[Session, Decision]:
        """The first that waits and fits; else what the scenario or the mock itself says, with the faults that wait."""
        session, usual = arrival.session, None
        for waiting, ready in overrides.matching(session, arrival.call, self.contract):
            if ready.is_answer:
                return self._played(arrival, ready.script, ready.play, overrides.consume(session, waiting))
            try:
                usual = usual or self._usual(arrival)
            except Refusal:
                continue  # there is no answer that faults could be laid over
            laid = self._laid_over(*usual, ready, arrival.now)
            if laid is not None:
                return overrides.consume(usual[0], waiting), laid
        return usual or self._usual(arrival)

    def _laid_over(
        self, session: Session, decision: Decision, ready: overrides.CompiledResponse, now: float
    ) -> Decision | None:
        """A decision with the faults of one that waits; None if none of them finds anything to act on."""
        spark = SeedPath((session.seed, session.id, NEXT, str(session.requests)))
        applied = lay_faults(decision.actions, ready.faults, spark, now)
        _, idle_splitters = split_writes(applied.actions, applied.splitters)
        if len(applied.idle) + len(idle_splitters) == len(ready.faults):
            return None
        note = msgspec.structs.replace(
            decision.note,
            faults=(*decision.note.faults, *ready.play.fault_names),
            idle_faults=(*decision.note.idle_faults, *applied.idle),
        )
        splitters = (*decision.splitters, *applied.splitters)
        return msgspec.structs.replace(decision, actions=applied.actions, note=note, splitters=splitters)

    def _usual(self, arrival: _Arrival) -> tuple[Session, Decision]:
        session, call, script = arrival.session, arrival.call, arrival.script
        if script is not None:
            progress = session.of(script.name, script.edition)
            if progress.state != START:
                call = msgspec.structs.replace(call, state=progress.state)
            chosen = select_turn(script, progress, call, session)
            if chosen is not None:
                return self._played(arrival, script, *chosen)
        note = Note(session=session.id, seed=session.seed, operation=call.operation.name)
        if call.conversation is None or not call.operation.is_conversation:
            session, actions = self._unscripted(arrival)
            return session, Decision(actions, note)
        spark = SeedPath((session.seed, session.id, str(session.requests)))
        scene = TemplateContext(call.conversation, call.body, 0, session.requests, arrival.now, spark.parts)
        plan = overrides.at_pace(default_plan(call.conversation, spark), session, self.settings.pace)
        actions, usage = render_reply(
            plan, call.conversation, call.operation, scene, spark, arrival.trace, arrival.money
        )
        return session, Decision(actions, msgspec.structs.replace(note, usage=usage))

    def _unscripted(self, arrival: _Arrival) -> tuple[Session, Actions]:
        """What an operation that is no conversation answers by itself."""
        session, operation, request = arrival.session, arrival.operation, arrival.request
        if operation.handler is not None:
            given = operation.handler.answer(handler_request(request, arrival.parameters), *_seed(session))
            return session, responses.given(given, arrival.trace)
        make = handlers.ANSWERS.get(operation.name)
        if make is None:
            body = builtin.answer(operation, arrival.parameters, arrival.call.conversation)
        else:
            asked = handlers.AccountRequest(
                accounts=self.accounts,
                holder=arrival.holder,
                session=session,
                script=overrides.with_account(session, arrival.script),
                headers=request.headers,
                body=request.body,
                form=arrival.call.body,
                now=arrival.now,
            )
            session, body = make(asked)
        return session, responses.whole(200, body, responses.JSON, arrival.trace)

    def _played(
        self, arrival: _Arrival, script: Script, play: CompiledTurn, session: Session
    ) -> tuple[Session, Decision]:
        """One play of a turn: the session that remembers it, and its answer."""
        hit = session.of(script.name, script.edition).hits[play.number]
        seed = script.seed if script.seed is not None else session.seed
        spark = SeedPath((seed, session.id, script.name, str(play.number), str(hit)))
        said = arrival.call.conversation or _NOTHING_SAID
        scene = TemplateContext(said, arrival.call.body, play.number, hit, arrival.now, spark.parts)
        told = (("x-mock-turn", f"{script.name}/{play.number}"),)
        code, plan, usage = "", play.plan, None
        if isinstance(plan, FailurePlan):
            failure = msgspec.structs.replace(plan.failure, message=plan.message.fill(scene))
            code = failure.code
            actions = self._failed(session, arrival.operation, arrival.call.headers, failure, told)
        elif isinstance(plan, RawPlan):
            actions = render_raw(plan, scene, (*arrival.trace, *told))
        else:
            plan = overrides.at_pace(plan, session, self.settings.pace)
            check_loaded(plan, arrival.session, arrival.now)
            headers = (*arrival.trace, *told)
            actions, usage = render_reply(plan, said, arrival.operation, scene, spark, headers, arrival.money)
        applied = lay_faults(responses.with_headers(actions, play.headers), play.faults, spark, arrival.now)
        note = Note(
            session=session.id,
            seed=seed,
            operation=arrival.operation.name,
            scenario=script.name,
            turn=play.number,
            code=code,
            idle_faults=applied.idle,
            usage=usage,
            faults=play.fault_names,
        )
        return session, Decision(applied.actions, note, splitters=applied.splitters)

    def _refused(
        self, session: Session, operation: Operation | None, request: Request, refusal: Refusal, name: str
    ) -> Decision:
        """The mock's own refusal, in the client's dialect; without the operation's `name`, of a request not counted.

        It repeats what was asked for, in which the caller's own key may stand; that is not shown.
        """
        shown = keys.faces(request.headers)
        failure = msgspec.structs.replace(refusal.failure, message=keys.hide(refusal.failure.message, shown))
        misses = (
            tuple([keys.hide(miss, shown) for miss in refusal.misses]) if isinstance(refusal, NoTurnMatched) else ()
        )
        seed = refusal.seed if isinstance(refusal, NoTurnMatched) else session.seed
        note = Note(session=session.id, seed=seed, operation=name, code=failure.code, misses=misses)
        told = (("x-mock-error", failure.code), (SEED_HEADER, quote(seed, safe=_PLAIN)))
        came = (request.method, request.path, keys.key_of(request.headers), request.body, failure.code)
        uncounted = () if name else came
        if operation is None:
            wire = wire_of_path(request.path)
            return Decision(responses.failed(failure, wire, session, self.settings.envelope, told, *uncounted), note)
        return Decision(self._failed(session, operation, request.headers, failure, told, *uncounted), note)

    def _failed(
        self,
        session: Session,
        operation: Operation,
        headers: Mapping[str, str],
        failure: Failure,
        told: Headers,
        *uncounted: object,
    ) -> Actions:
        """An error answer: a foreign operation's as its document has it, else in the client's dialect."""
        wire = wire_named(operation.wire)
        if operation.handler is not None:
            asked = HandlerRequest(method=operation.method, headers=headers)
            given = operation.handler.failed(failure, asked, *_seed(session))
            if given is not None:
                trace = responses.trace(session, wire, *uncounted)
                return responses.given(given, (*failure.headers, *trace, *told))
        return responses.failed(failure, wire, session, self.settings.envelope, told, *uncounted)


def _seed(session: Session) -> tuple[object, ...]:
    """What the automatic answers of foreign operations are derived from."""
    return session.seed, session.id, session.requests


def _seeded(session: Session, request: Request) -> Session:
    """The session with the seed that the caller demands, if any."""
    seed = request.headers.get(SEED_HEADER)
    return session if seed is None else msgspec.structs.replace(session, seed=unquote(seed)[:100])

"""The engine: one pure step from a session and a request to the next session and what happens on the wire.

`Engine.step(session, request, now)` is the whole gateway. It does no I/O, reads no clock and rolls no global generator;
everything it knows is in its arguments and in the engine's own frozen parts (contract, scripts, settings, accounts,
chaos). So a step can be tested without a socket, replayed byte for byte, and retried when two workers race for one
session. `Engine.settle` is its equally pure other half: it books what was really delivered.

A request goes through these stages, in this order, and the first that refuses it ends it with an error in the
client's dialect:

    route (404, 405) -> key, token (401) -> size (413) -> account (402, 429) -> body (400 or 422) -> conversation (400)
    -> model (403, 404) -> script (404) -> reply -> wire -> faults -> charge -> chaos -> CORS

The key is judged before the body, and so is the account. A request that is refused before its session counts it leaves
the session as it was.
"""

from collections.abc import Mapping
from copy import copy
from typing import Self

import msgspec

from mockserver.accounts import billing, model_access
from mockserver.accounts.identify import Accounts
from mockserver.accounts.session import Session
from mockserver.core.errors import Refusal
from mockserver.engine import cors, prompt_cache, refusals, threads, unrouted
from mockserver.engine.admission import Admission, admit, identify
from mockserver.engine.answer import answer
from mockserver.engine.arrival import Arrival
from mockserver.engine.chaos_stage import NO_CHAOS, ChaosSettings, disturb, drawn
from mockserver.engine.decision import Decision, Note
from mockserver.engine.prepared_turn import PreparedAnswer
from mockserver.engine.render import finish_faults
from mockserver.engine.request import Request
from mockserver.engine.settings import EngineSettings
from mockserver.engine.short_step import short_step
from mockserver.openapi.contract import Contract
from mockserver.scenarios.script import Script
from mockserver.wires import wire_named

__all__ = ["PREFLIGHT", "Engine", "EngineSettings"]

PREFLIGHT = "preflight"
"""The name that a note gives a preflight, where other requests have that of their operation."""


class Engine:
    """The gateway as a function. Frozen after it is made; safe to share between threads."""

    def __init__(
        self,
        contract: Contract,
        scripts: Mapping[str, Script],
        settings: EngineSettings,
        accounts: Accounts | None = None,
        chaos: ChaosSettings = NO_CHAOS,
    ) -> None:
        self.contract = contract
        self.scripts = scripts
        self.settings = settings
        self.accounts = accounts if accounts is not None else Accounts()
        self.chaos = chaos
        self._is_plain = _is_plain(settings)

    def with_scripts(self, scripts: Mapping[str, Script], scenario: str | None) -> Self:
        """Return the same engine with other scripts; `scenario` plays by default."""
        return self.with_settings(msgspec.structs.replace(self.settings, scenario=scenario), scripts)

    def with_settings(self, settings: EngineSettings, scripts: Mapping[str, Script] | None = None) -> Self:
        """Return the same engine with other settings."""
        other = copy(self)
        other.settings = settings
        other._is_plain = _is_plain(settings)
        other.scripts = self.scripts if scripts is None else scripts
        return other

    def with_chaos(self, chaos: ChaosSettings) -> Self:
        """Return the same engine under other chaos."""
        other = copy(self)
        other.chaos = chaos
        return other

    def arrive(self, request: Request) -> Arrival:
        """Return the request with its route, ready to be asked for its session and decided on."""
        return Arrival(request, self.contract, self.accounts)

    def step(self, session: Session, request: Request, now: float) -> tuple[Session, Decision]:
        """Return the next session and the decision. `now` is the session's time in seconds since the epoch."""
        return self.decide(session, self.arrive(request), now)

    def decide(self, session: Session, arrival: Arrival, now: float) -> tuple[Session, Decision]:
        """Return the next session and the decision for a request that has arrived; `step` for one that has not."""
        return _written(*self.answer(session, arrival, now))

    def answer(self, session: Session, arrival: Arrival, now: float) -> tuple[Session, Decision | PreparedAnswer]:
        """Return what `decide` does, the decision on a plain request perhaps not written out yet."""
        short = short_step(self, session, arrival, now) if self._is_plain else None
        if short is not None and session.chaos is None and self.chaos.default is None:
            return short
        headers = arrival.request.headers
        if arrival.head.is_preflight:
            return session, Decision(cors.preflight(headers), Note(session=session.id, operation=PREFLIGHT))
        draws = drawn(self.chaos, session, headers, now)
        if short is not None and draws is not None and draws.spares(arrival, "none", now):
            return draws.remembered(short[0]), short[1]
        after, decision = _written(*short) if short is not None else self._undisturbed(session, arrival, now)
        if after is not session and draws is not None:
            after, decision = disturb(self.chaos, draws, session, arrival, now, after, decision)
        decision = finish_faults(decision)
        if "origin" in headers:
            decision = msgspec.structs.replace(decision, actions=cors.shared(decision.actions, headers))
        return after, decision

    def settle(self, session: Session, decision: Decision, frames: int, complete: bool) -> Session:
        """Return the session after this many frames of a decision were delivered, its end included if `complete`."""
        if decision.receipt is None:
            return session
        return billing.settle(session, decision.receipt, decision.actions, frames, complete)

    def away(self, request: Request, seconds: int) -> Decision:
        """Return the answer while the session store cannot be reached: 503 with this `retry-after`."""
        message = "The mock's session store is away. Retry soon."
        refusal = Refusal(503, "store_unavailable", message, headers=(("retry-after", str(seconds)),))
        envelope = self.settings.envelope
        decision = refusals.refused(envelope, Session("none"), None, request, refusal, is_counted=False)
        return msgspec.structs.replace(decision, actions=cors.shared(decision.actions, request.headers))

    def _undisturbed(self, session: Session, arrival: Arrival, now: float) -> tuple[Session, Decision]:
        """Return the step without chaos. The same session object means that it does not count the request."""
        is_counted = False
        try:
            unrouted.adopt(self, arrival, session)
            caller = identify(self, arrival, session, now)
            session, is_counted = refusals.with_requested_seed(session.counted(now), arrival.request.headers), True
            admission = admit(self, arrival, session, caller, now)
            session, decision = answer(self, admission)
            session = threads.keep(session, admission.call, decision.actions)
            if decision.note.usage is not None:
                session = prompt_cache.keep(session, admission.cache)
            return _charged(admission, session, decision)
        except Refusal as refusal:
            envelope, operation = self.settings.envelope, arrival.operation
            return session, refusals.refused(
                envelope, session, operation, arrival.request, refusal, is_counted=is_counted
            )


def _written(session: Session, answer: Decision | PreparedAnswer) -> tuple[Session, Decision]:
    """Return a session, and the decision that an answer is or stands for."""
    return session, answer.decision() if isinstance(answer, PreparedAnswer) else answer


def _is_plain(settings: EngineSettings) -> bool:
    """Return whether a scenario plays by default, and the operator chose nothing else that touches its answers."""
    chose = settings.strict or settings.strict_models or settings.pace is not None
    return settings.scenario is not None and not chose


def _charged(admission: Admission, session: Session, decision: Decision) -> tuple[Session, Decision]:
    """Return the answer with its price charged and the mock's warnings in a header."""
    usage, conversation, meter = decision.note.usage, admission.call.conversation, admission.meter
    if usage is None or conversation is None:
        return session, _with_warnings(decision, admission.call.warnings)
    if meter is not None:
        wire, actions = wire_named(admission.operation.wire), decision.actions
        session, actions, receipt = billing.charge(session, meter, admission.rate, usage, actions, wire)
        decision = msgspec.structs.replace(decision, actions=actions, receipt=receipt)
    tips = model_access.warnings(conversation.model, conversation.tools)
    return session, _with_warnings(decision, (*admission.call.warnings, *tips))


def _with_warnings(decision: Decision, warnings: tuple[str, ...]) -> Decision:
    """Return the answer with its own warnings and these in its note and in a header."""
    warnings = (*decision.note.warnings, *warnings)
    if not warnings:
        return decision
    note = msgspec.structs.replace(decision.note, warnings=warnings)
    return msgspec.structs.replace(decision, note=note, actions=model_access.with_warnings(decision.actions, warnings))

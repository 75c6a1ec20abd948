"""Admission: who is calling, what the request may do, and which scenario answers it.

Every stage here refuses a request with an error of its own; the order of the stages is in `step`.
"""

import msgspec

from mockserver.accounts import billing, keys, model_access
from mockserver.accounts.identify import ANONYMOUS_HOLDER, Holder
from mockserver.accounts.prices import FREE, Rate, rate_of
from mockserver.accounts.session import HEADER as SESSION_HEADER
from mockserver.accounts.session import Session, name_session
from mockserver.core.actions import Headers
from mockserver.core.conversation import JsonObject, Usage
from mockserver.core.errors import Refusal
from mockserver.engine import overrides, prompt_cache, responses, threads
from mockserver.engine.arrival import Arrival
from mockserver.engine.prompt_cache import NO_CACHE, CacheUse
from mockserver.engine.request import Request, check_size, handler_request
from mockserver.engine.settings import EngineParts
from mockserver.openapi.operation import Operation
from mockserver.openapi.router import Parameters
from mockserver.scenarios.call import Call
from mockserver.scenarios.script import Script
from mockserver.wires import wire_named
from mockserver.wires.threads import ThreadPolicy


class Admission(msgspec.Struct, frozen=True, gc=False):
    """An admitted request: its session counts it, its account can pay, its body is read.

    `script` is the scenario that answers it, or None for the default answer. `meter` and `rate` (credits a token) are
    those of its account; `meter` is None where nothing is metered. `cache` is what the prompt cache does for it.
    """

    session: Session
    request: Request
    call: Call
    parameters: Parameters
    now: float
    holder: Holder
    script: Script | None
    meter: billing.Meter | None
    rate: Rate
    cache: CacheUse = NO_CACHE

    @property
    def operation(self) -> Operation:
        """The operation of the request."""
        return self.call.operation

    @property
    def trace(self) -> Headers:
        """The headers by which its answer can be found again."""
        return responses.trace(self.session, wire_named(self.operation.wire))

    def credit_fields(self, usage: Usage) -> JsonObject:
        """Return what a managed answer of this usage says of the account; nothing where nothing is metered."""
        return billing.credit_fields(self.meter, self.rate, usage) if self.meter is not None else {}


def identify(engine: EngineParts, arrival: Arrival, session: Session, now: float) -> Holder:
    """Return who is calling. Raises `Refusal` 401; 404 for an undocumented route where the operator is strict."""
    operation, request, head = arrival.routed(), arrival.request, arrival.head
    if head.holder is not None and head.operation is operation and not engine.settings.strict:
        return head.holder
    if engine.settings.strict and operation.sources == {"OBS"}:
        raise Refusal(404, "unknown_route", f"{operation.path} is in no document, and this server is strict.")
    if SESSION_HEADER in request.headers:
        name_session(request.headers)
    if operation.handler is not None:
        operation.handler.admit(handler_request(request, arrival.head.parameters))
        return ANONYMOUS_HOLDER
    return engine.accounts.identify(operation, keys.authenticate(operation, request.headers), session, now)


def admit(engine: EngineParts, arrival: Arrival, session: Session, caller: Holder, now: float) -> Admission:
    """Return the request with its account, its body and its scenario. Raises `Refusal` of every stage between.

    The account is checked before the body is read. A scenario that the model chooses is known only after that; then its
    account is checked too.
    """
    check_size(arrival.request)
    outline = arrival.outline()
    script = _script(engine, outline, session)
    holder, meter = _metered(engine, arrival, session, caller, script, now)
    try:
        call = arrival.call()
    except Refusal:
        if not (engine.settings.lenient or (script is not None and script.lenient)):
            raise
        call = arrival.lenient_call()
        caller = identify(engine, arrival, session, now)  # it may be another operation, with other rules for keys
        holder, meter = _metered(engine, arrival, session, caller, script, now)
    if call.conversation is not None and call.conversation.model.startswith(overrides.SCENARIO_MODEL):
        chosen = _script(engine, call, session)
        if chosen is not script:
            script = chosen
            holder, meter = _metered(engine, arrival, session, caller, script, now)
    call = threads.resume(_with_model(call, holder), session, _threads(engine, script))
    rate, conversation = FREE, call.conversation
    if conversation is not None:
        allowed = holder.account.models if holder.account is not None else None
        strict = engine.settings.strict_models
        model_access.check_model(conversation, holder.plan, allowed, strict=strict)
        conversation, warnings = model_access.limit_answer(conversation, strict=strict)
        if warnings:
            call = msgspec.structs.replace(call, conversation=conversation, warnings=(*call.warnings, *warnings))
        if meter is not None:
            rate = rate_of(engine.accounts.prices, meter.account, conversation.model)
    cache = prompt_cache.look_up(session, call, now)
    if cache is not NO_CACHE:
        call = msgspec.structs.replace(call, cache=cache.state)
    return Admission(session, arrival.request, call, arrival.head.parameters, now, holder, script, meter, rate, cache)


def _with_model(call: Call, holder: Holder) -> Call:
    """Return the call; one that names no model gets the default model of its plan."""
    conversation = call.conversation
    if conversation is None or conversation.model:
        return call
    model = model_access.default_model(holder.plan)
    return msgspec.structs.replace(call, conversation=msgspec.structs.replace(conversation, model=model))


def _threads(engine: EngineParts, script: Script | None) -> ThreadPolicy:
    return script.threads if script is not None and script.threads is not None else engine.settings.threads


def _script(engine: EngineParts, call: Call, session: Session) -> Script | None:
    return overrides.choose_script(call, session, engine.scripts, engine.settings.scenario)


def _metered(
    engine: EngineParts, arrival: Arrival, session: Session, caller: Holder, script: Script | None, now: float
) -> tuple[Holder, billing.Meter | None]:
    """Return the caller with the account that pays, and its meter. Raises `Refusal` 402 or 429."""
    holder = engine.accounts.with_scenario_account(caller, overrides.with_account(session, script))
    return holder, billing.admit(session, holder, arrival.routed(), now, arrival.request.ticket)

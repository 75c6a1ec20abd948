"""The short step: a plain request that a literal turn answers, in one straight path.

Theory. A step asks each of its stages whether it has something to do: threads, the prompt cache, limits of accounts,
queued responses, matchers, templates, faults. For most requests none of them has. Whether one *can* have is known from
four things, each of which is looked at once: the engine's settings, the head (`HeadReading.is_plain`), the session's
overrides, and the turn that answers. Where all of them are plain, and so is the body (`Wire.plain`), this module makes
what the stages would have made: the same session, the same decision. An account pays, and chaos follows, as after the
stages. In every other case it returns None, having changed nothing, and the step goes through its stages; the body and
the conversation that were read stay read.

A turn may have conditions: then the conversation is parsed, and matched as ever. A turn is literal if it gives the same
texts, tool calls or error each time; its answers to one head are prepared (`prepared_turn`).

The law of this module: `short_step` returns None, or what the stages return. A test plays every pair of a request and a
scenario both ways.
"""

import sys
from functools import lru_cache

import msgspec

from mockserver.accounts import billing, model_access
from mockserver.accounts.ledger import Terms
from mockserver.accounts.prices import rate_of
from mockserver.accounts.session import NO_OVERRIDES, START, Progress, Session
from mockserver.core import catalogue
from mockserver.core.conversation import tokens
from mockserver.core.errors import Refusal
from mockserver.engine.arrival import Arrival
from mockserver.engine.decision import Decision
from mockserver.engine.head import HeadReading
from mockserver.engine.overrides import SCENARIO_MODEL
from mockserver.engine.prepared_turn import PreparedAnswer
from mockserver.engine.settings import EngineParts
from mockserver.scenarios.script import CompiledTurn, Script
from mockserver.scenarios.turn_selection import after_play, choose
from mockserver.wires import WIRES
from mockserver.wires.plain import PlainRequest
from mockserver.wires.wire import Wire


def short_step(
    engine: EngineParts, session: Session, arrival: Arrival, now: float
) -> tuple[Session, Decision | PreparedAnswer] | None:
    """Return the next session and the answer to a plain request, or None if the step has to be taken as a whole."""
    head = arrival.head
    if not head.is_plain or session.overrides is not NO_OVERRIDES:
        return None
    script = engine.scripts.get(engine.settings.scenario or "")
    progress = session.progress.get(script.name) if script is not None else None
    if script is None or script.account is not None or progress is None or progress.edition != script.edition:
        return None
    operation, meter = head.operation, None
    assert operation is not None, "a plain head has one"
    wire = WIRES[operation.wire]
    try:
        if head.terms is not None:
            meter = _meter(head, head.terms, session, arrival.request.ticket, now)
        asked = wire.plain(arrival.body(), operation.max_tokens) if wire.plain is not None else None
        turn = _turn(script, progress, arrival) if asked is not None else None
    except Refusal:
        return None
    if asked is None or turn is None or turn.recorded or turn.captures:
        return None
    prepared = head.prepared(script, turn, session, engine.settings.envelope)
    if prepared is None or not _is_within_limits(asked, prepared.output):
        return None
    progress = after_play(script, progress, turn)
    count = session.requests + 1
    after = msgspec.structs.replace(session, requests=count, progress={**session.progress, script.name: progress})
    answer = prepared.answer(asked, count, progress.hits[turn.number], now)
    return _charged(engine, after, answer, meter, asked.model, wire) if meter is not None else (after, answer)


def _turn(script: Script, progress: Progress, arrival: Arrival) -> CompiledTurn | None:
    """Return the turn that answers a plain request, None where none does."""
    if progress.used_up >= len(script.turns):
        return None
    first = script.turns[progress.used_up]
    if not first.matchers:
        return first
    call = arrival.plain_call()
    return choose(
        script, progress, call if progress.state == START else msgspec.structs.replace(call, state=progress.state)
    )


def _meter(head: HeadReading, terms: Terms, session: Session, ticket: str, now: float) -> billing.Meter:
    """Return the meter of a request with an account. Raises `Refusal` 402 or 429."""
    holder = head.holder
    assert holder is not None, "an account has a holder"
    assert holder.account is not None, "terms are those of an account"
    hold = ticket or str(session.requests + 1)
    return billing.admit_to(session, holder.ledger_name, holder.account, terms, now, hold)


def _charged(
    engine: EngineParts, session: Session, answer: PreparedAnswer, meter: billing.Meter, model: str, wire: Wire
) -> tuple[Session, Decision | PreparedAnswer]:
    """Return the session and the answer with its price charged; an error has none.

    A stream is written out: it may have to be cut.
    """
    rate, usage = rate_of(engine.accounts.prices, meter.account, model), answer.turn.usage(answer)
    if usage is None:
        return session, answer
    if not answer.is_stream:
        session, _, receipt = billing.charge(session, meter, rate, usage, (), wire)
        return session, msgspec.structs.replace(answer, receipt=receipt)
    decision = answer.decision()
    session, actions, receipt = billing.charge(session, meter, rate, usage, decision.actions, wire)
    return session, msgspec.structs.replace(decision, actions=actions, receipt=receipt)


def _is_within_limits(asked: PlainRequest, output: int) -> bool:
    """Return whether no limit of the client or the model touches an answer of `output` tokens."""
    model, tools = asked.model, asked.tools
    if len(model) > catalogue.LONGEST_ID or (tools and model_access.warnings(model, tools)):
        return False
    return tokens(asked.characters) <= _room(model, asked.max_tokens, output)


@lru_cache(maxsize=1_024)
def _room(model: str, limit: int | None, output: int) -> int:
    """Return the tokens that a prompt may have for an answer of `output` tokens within `limit`; -1 if none may be."""
    if not model or (limit is not None and limit < output) or model.startswith(SCENARIO_MODEL):
        return -1
    known = catalogue.find(model)
    if known is None:
        return sys.maxsize
    if known.max_tokens is not None and limit is not None and limit > known.max_tokens:
        return -1
    return known.context if known.context is not None else sys.maxsize

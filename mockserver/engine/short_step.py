"""The short step: a plain request that a literal turn answers, with texts or an error, in one straight path.

Theory. A step asks each of its stages whether it has something to do: threads, the prompt cache, limits of accounts,
queued responses, matchers, templates, faults. For most requests none of them has. Whether one *can* have is known from
four things, each of which is looked at once: the engine's settings, the head (`HeadReading.is_plain`), the session's
overrides, and the turn that is next. Where all of them are plain, and so is the body (`Wire.plain`), this module makes
what the stages would have made: the same session, the same decision. An account pays, and chaos follows, as after the
stages. In every other case it returns None, having
changed nothing, and the step goes through its stages; the body that was read stays read.

The law of this module: `short_step` returns None, or what the stages return. A test plays every pair of a request and a
scenario both ways.
"""

import msgspec

from mockserver.accounts import billing, model_access
from mockserver.accounts.prices import rate_of
from mockserver.accounts.session import NO_OVERRIDES, Session
from mockserver.core import catalogue
from mockserver.core.actions import Actions, Data, End, Head
from mockserver.core.conversation import Usage, tokens
from mockserver.core.errors import Failure, Refusal
from mockserver.core.rng import token
from mockserver.engine import refusals
from mockserver.engine.arrival import Arrival
from mockserver.engine.decision import Decision, Note
from mockserver.engine.literal import LiteralReply, literal_reply
from mockserver.engine.overrides import SCENARIO_MODEL
from mockserver.engine.recipe import Recipe, ReplyRecipe
from mockserver.engine.responses import JSON, STREAM, TURN_HEADER
from mockserver.engine.settings import EngineParts
from mockserver.scenarios.compile import CompiledTurn, ReplyPlan, Script
from mockserver.scenarios.turn_selection import after_play
from mockserver.wires import WIRES
from mockserver.wires.plain import PlainRequest


def short_step(engine: EngineParts, session: Session, arrival: Arrival, now: float) -> tuple[Session, Decision] | None:
    """Return the next session and the decision on a plain request, or None if the step has to be taken as a whole."""
    head = arrival.head
    if not head.is_plain or session.overrides is not NO_OVERRIDES:
        return None
    script = engine.scripts.get(engine.settings.scenario or "")
    if script is None or script.account is not None:
        return None
    progress, operation = session.progress.get(script.name), arrival.routed()
    if progress is None or progress.edition != script.edition or progress.used_up >= len(script.turns):
        return None
    turn = script.turns[progress.used_up]
    failure = turn.always if isinstance(turn.always, Failure) else None
    literal = literal_reply(turn.always, operation) if not isinstance(turn.always, Failure) else None
    wire = WIRES[operation.wire]
    if (literal is None and failure is None) or wire.plain is None or turn.recorded:
        return None
    meter, holder = None, head.holder
    try:
        if holder is not None and holder.account is not None:
            meter = billing.admit(session.counted(now), holder, operation, now, arrival.request.ticket)
        asked = wire.plain(arrival.body(), operation.max_tokens)
    except Refusal:
        return None
    if asked is None or not _is_within_limits(asked, literal.output if literal is not None else 0):
        return None
    if asked.tools and model_access.warnings(asked.model, asked.tools):
        return None
    progress = after_play(script, progress, turn)
    count = session.requests + 1
    after = msgspec.structs.replace(session, requests=count, progress={**session.progress, script.name: progress})
    if literal is None:
        return after, _failed(engine, after, script, turn, arrival)
    decision = _decided(after, script, turn, literal, asked, wire.request_id_header, operation.name, now)
    usage = decision.note.usage
    if meter is None or usage is None:
        return after, decision
    rate = rate_of(engine.accounts.prices, meter.account, asked.model)
    after, actions, receipt = billing.charge(after, meter, rate, usage, decision.actions, wire)
    return after, msgspec.structs.replace(decision, actions=actions, receipt=receipt)


def _failed(engine: EngineParts, session: Session, script: Script, turn: CompiledTurn, arrival: Arrival) -> Decision:
    """Return the decision of a turn that always gives an error."""
    failure, operation, envelope = turn.always, arrival.routed(), engine.settings.envelope
    assert isinstance(failure, Failure), "the caller knows"
    header = ((TURN_HEADER, f"{script.name}/{turn.number}"),)
    note = Note(
        session=session.id,
        seed=script.seed if script.seed is not None else session.seed,
        operation=operation.name,
        scenario=script.name,
        turn=turn.number,
        code=failure.code,
    )
    actions = refusals.failed(envelope, session, operation, arrival.request.headers, failure, header)
    return Decision(actions, note, recipe=Recipe(failure=failure))


def _is_within_limits(asked: PlainRequest, output: int) -> bool:
    """Return whether no limit of the client or the model touches the answer, and the model needs no look."""
    model, limit = asked.model, asked.max_tokens
    if not model or model.startswith(SCENARIO_MODEL) or (limit is not None and limit < output):
        return False
    known = catalogue.find(model)
    return known is None or (
        (known.context is None or tokens(asked.characters) <= known.context)
        and (known.max_tokens is None or limit is None or limit <= known.max_tokens)
    )


def _decided(
    session: Session,
    script: Script,
    turn: CompiledTurn,
    literal: LiteralReply,
    asked: PlainRequest,
    request_id_header: str,
    operation: str,
    now: float,
) -> Decision:
    """Return the decision that the stages would make; `session` is the one after it."""
    plan, number, seed = turn.plan, str(turn.number), script.seed if script.seed is not None else session.seed
    hit = session.progress[script.name].hits[turn.number]
    assert isinstance(plan, ReplyPlan), "only a reply is always the same"
    id = plan.id or token(seed, session.id, script.name, number, str(hit), "reply")
    usage = Usage(max(1, tokens(asked.characters)), literal.output)
    values = literal.values(id, asked.model, int(now), usage)
    trace = (
        (request_id_header, "req_" + token(session.seed, session.id, "request", str(session.requests))),
        ("x-mock-session", session.id),
        (TURN_HEADER, f"{script.name}/{number}"),
    )
    actions: Actions
    if asked.stream:
        stream = (("content-type", STREAM), ("cache-control", "no-cache"), *trace)
        actions = (Head(200, stream), *literal.frames("word", values), End())
    else:
        body = literal.body(values)
        whole = (("content-type", JSON), ("content-length", str(len(body))), *trace)
        actions = (Head(200, whole), Data(body), End())
    note = Note(session=session.id, seed=seed, operation=operation, scenario=script.name, turn=turn.number, usage=usage)
    return Decision(actions, note, recipe=Recipe(reply=ReplyRecipe(id=id, blocks=literal.blocks)))

"""The answer to an admitted request: a queued response, a turn of the scenario, or the default answer.

The first queued response that fits an answer's place is used. Queued faults are laid over the answer that the request
would have got without them. A list of them is one answer: where not every fault of it acts, none does, and the list
waits for another request.
"""

from collections.abc import Sequence

import msgspec

from mockserver.accounts import handlers
from mockserver.accounts.session import START, Session
from mockserver.core.actions import Actions, Headers
from mockserver.core.conversation import Conversation
from mockserver.core.errors import Refusal
from mockserver.engine import builtin, overrides, refusals, responses, threads
from mockserver.engine.admission import Admission
from mockserver.engine.decision import Decision, Note
from mockserver.engine.exact import exactly
from mockserver.engine.recipe import Recipe, with_faults
from mockserver.engine.render import RenderedReply, check_loaded, lay_faults, render_raw, render_reply
from mockserver.engine.reply import SeedPath, default_plan
from mockserver.engine.request import handler_request
from mockserver.engine.settings import EngineParts
from mockserver.engine.structured import form_warnings
from mockserver.faults import Applied, apply_waiting
from mockserver.scenarios.captures import captured
from mockserver.scenarios.script import NEXT, CompiledTurn, FailurePlan, RawPlan, ReplyPlan, Script
from mockserver.scenarios.templates import TemplateContext
from mockserver.scenarios.turn_selection import select_turn
from mockserver.wires import wire_named

_EMPTY = Conversation(model="", messages=(), body={})
"""What a template sees of a request that is no conversation."""


def answer(engine: EngineParts, admission: Admission) -> tuple[Session, Decision]:
    """Return the session afterwards and the decision. Raises `Refusal` where no turn matches."""
    session, normal = admission.session, None
    idle: list[str] = []
    for queued, compiled in overrides.matching(session, admission.call, engine.contract):
        if compiled.is_answer:
            return _play(engine, admission, compiled.script, compiled.play, overrides.consume(session, queued))
        try:
            normal = normal or _normal(engine, admission)
        except Refusal:
            continue  # there is no answer that faults could be laid over
        changed, reasons = _with_queued_faults(*normal, compiled, admission)
        if not reasons:
            return overrides.consume(normal[0], queued), _with_idle(changed, idle)
        idle += reasons
    session, decision = normal or _normal(engine, admission)
    return session, _with_idle(decision, idle)


def _with_queued_faults(
    session: Session, decision: Decision, compiled: overrides.CompiledResponse, admission: Admission
) -> tuple[Decision, tuple[str, ...]]:
    """Return the decision with queued faults laid over it, and why some of them have no effect."""
    seed_path = SeedPath((session.seed, session.id, NEXT, str(session.requests)))
    wire = wire_named(admission.operation.wire)
    applied = lay_faults(decision.actions, compiled.faults, seed_path, admission.now, wire)
    _, idle_waiting = apply_waiting(applied.actions, applied.waiting)
    changed = msgspec.structs.replace(
        decision,
        actions=applied.actions,
        note=msgspec.structs.replace(decision.note, faults=(*decision.note.faults, *compiled.play.fault_names)),
        waiting=(*decision.waiting, *applied.waiting),
        recipe=with_faults(decision.recipe, compiled.faults),
    )
    return changed, (*applied.idle, *idle_waiting)


def _with_idle(decision: Decision, reasons: Sequence[str]) -> Decision:
    """Return the decision with the reasons, each once, why queued faults still wait."""
    if not reasons:
        return decision
    idle = [f"queued: {reason}" for reason in dict.fromkeys(reasons)]
    note = msgspec.structs.replace(decision.note, idle_faults=(*decision.note.idle_faults, *idle))
    return msgspec.structs.replace(decision, note=note)


def _normal(engine: EngineParts, admission: Admission) -> tuple[Session, Decision]:
    """Return what the scenario answers, else the default answer."""
    session, call, script = admission.session, admission.call, admission.script
    if script is not None:
        progress = session.progress_of(script.name, script.edition)
        if progress.state != START:
            call = msgspec.structs.replace(call, state=progress.state)
        chosen = select_turn(script, progress, call, session)
        if chosen is not None:
            play, session = chosen
            hit = session.progress_of(script.name, script.edition).hits[play.number]
            session, decision = _play(engine, admission, script, play, session)
            return session, exactly(play, hit, admission, decision)
    note = Note(session=session.id, seed=session.seed, operation=call.operation.name, cache=call.cache)
    if call.conversation is None or not call.operation.is_conversation:
        session, actions = _without_conversation(engine, admission)
        return session, Decision(actions, note, recipe=Recipe(actions=actions))
    actions, reply, recipe = _default_reply(engine, admission, call.conversation)
    return session, Decision(actions, msgspec.structs.replace(note, usage=reply.usage), recipe=Recipe(reply=recipe))


def _default_reply(engine: EngineParts, admission: Admission, conversation: Conversation) -> RenderedReply:
    """Return the reply to a conversation that no scenario answers."""
    session, call = admission.session, admission.call
    seed_path = SeedPath((session.seed, session.id, str(session.requests)))
    context = TemplateContext(conversation, call.body, 0, session.requests, admission.now, seed_path.parts)
    plan = overrides.at_pace(default_plan(conversation, seed_path), session, engine.settings.pace)
    return _rendered(admission, plan, conversation, context, seed_path, admission.trace)


def _rendered(
    admission: Admission,
    plan: ReplyPlan,
    conversation: Conversation,
    context: TemplateContext,
    seed_path: SeedPath,
    headers: Headers,
) -> RenderedReply:
    """Return the reply of a plan, with what it costs the account and what the prompt cache does."""
    operation, credit_fields = admission.operation, admission.credit_fields
    return render_reply(plan, conversation, operation, context, seed_path, headers, credit_fields, admission.cache)


def _without_conversation(engine: EngineParts, admission: Admission) -> tuple[Session, Actions]:
    """Return the default answer of an operation that is no conversation."""
    session, operation, request = admission.session, admission.operation, admission.request
    if operation.handler is not None:
        handled = handler_request(request, admission.parameters)
        response = operation.handler.answer(handled, *refusals.handler_seed(session))
        return session, responses.of_handler(response, admission.trace)
    make, view = handlers.ANSWERS.get(operation.name), threads.VIEWS.get(operation.name)
    if view is not None:
        session, body = threads.look_at(view, session, admission.parameters)
    elif make is None:
        body = builtin.answer(operation, admission.parameters, request.query, admission.call)
    else:
        session, body = make(
            handlers.AccountRequest(
                accounts=engine.accounts,
                holder=admission.holder,
                session=session,
                script=overrides.with_account(session, admission.script),
                headers=request.headers,
                body=request.body,
                form=admission.call.body,
                now=admission.now,
            )
        )
    return session, responses.whole(200, body, responses.JSON, admission.trace)


def _play(
    engine: EngineParts, admission: Admission, script: Script, play: CompiledTurn, session: Session
) -> tuple[Session, Decision]:
    """Return the session, which remembers this play of the turn already, and the turn's answer."""
    hit = session.progress_of(script.name, script.edition).hits[play.number]
    seed = script.seed if script.seed is not None else session.seed
    seed_path = SeedPath((seed, session.id, script.name, str(play.number), str(hit)))
    conversation = admission.call.conversation or _EMPTY
    values = captured(play.captures, conversation)
    context = TemplateContext(
        conversation, admission.call.body, play.number, hit, admission.now, seed_path.parts, values
    )
    turn: Headers = ((responses.TURN_HEADER, f"{script.name}/{play.number}"),)
    code, plan, usage = "", play.plan, None
    warnings: tuple[str, ...] = ()
    if isinstance(plan, FailurePlan):
        failure = msgspec.structs.replace(plan.failure, message=plan.message.fill(context))
        code, operation, envelope = failure.code, admission.operation, engine.settings.envelope
        recipe = Recipe(failure=failure)
        actions = refusals.failed(envelope, session, operation, admission.call.headers, failure, turn)
    elif isinstance(plan, RawPlan):
        actions = render_raw(plan, context, (*admission.trace, *turn))
        recipe = Recipe(actions=actions)
    else:
        plan = overrides.at_pace(plan, session, engine.settings.pace)
        check_loaded(plan, admission.session, admission.now)
        headers = (*admission.trace, *turn)
        actions, reply, reply_recipe = _rendered(admission, plan, conversation, context, seed_path, headers)
        usage, warnings, recipe = reply.usage, form_warnings(reply, conversation), Recipe(reply=reply_recipe)
    if play.headers:
        actions, recipe = responses.with_headers(actions, play.headers), recipe.with_headers(play.headers)
    applied = Applied(actions, (), ())
    if play.faults:
        applied = lay_faults(actions, play.faults, seed_path, admission.now, wire_named(admission.operation.wire))
    note = Note(
        session=session.id,
        seed=seed,
        operation=admission.operation.name,
        scenario=script.name,
        turn=play.number,
        code=code,
        idle_faults=applied.idle,
        usage=usage,
        warnings=warnings,
        faults=play.fault_names,
        cache=admission.cache.state,
    )
    return session, Decision(applied.actions, note, waiting=applied.waiting, recipe=with_faults(recipe, play.faults))

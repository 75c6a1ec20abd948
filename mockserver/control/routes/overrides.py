"""Routes of the defaults of all sessions and of queued answers."""

from secrets import token_hex

import msgspec
import orjson

from mockserver.accounts.session import QueuedResponse, Session
from mockserver.control import requests, responses
from mockserver.control.context import ConflictError, ControlContext, MissingError
from mockserver.control.router import Context, control_router
from mockserver.control.routes.sessions import queued_response_shape
from mockserver.engine.overrides import MOST_QUEUED
from mockserver.files.fragments import check_faults, check_fragment, check_turn, fragment_json
from mockserver.scenarios.schema import Pace


def queued_response(body: requests.NextResponse, context: ControlContext) -> QueuedResponse:
    """Validate a body and return its queue entry. Raise `AuthorError` with every mistake."""
    if body.turn is not None:
        turn = check_turn(body.turn, context.contract)
        words = {name: value for name, value in body.turn.items() if name != "times"}
        return QueuedResponse(token_hex(4), fragment_json(words), turn.times if "times" in body.turn else body.times)
    words = {"faults": list(body.faults or ()), **({} if body.when is None else {"when": body.when})}
    check_faults(words, context.contract)
    return QueuedResponse(token_hex(4), fragment_json(words), body.times)


router = control_router("overrides")


def _defaults(context: ControlContext) -> responses.DefaultsShape:
    settings = context.config.engine.settings
    pace = None if settings.pace is None else orjson.loads(settings.pace)
    return responses.DefaultsShape(scenario=settings.scenario, chaos=context.config.engine.chaos.default, pace=pace)


@router.get("/defaults")
async def read_defaults(context: Context) -> responses.DefaultsShape:
    """Return the settings of all sessions without their own."""
    return _defaults(context)


@router.patch("/defaults")
async def choose_defaults(context: Context, body: requests.Defaults) -> responses.DefaultsShape:
    """Change settings of all sessions without their own. An omitted field keeps its value; null resets it."""
    context.config.check_scenario(body.scenario)
    context.config.check_profile(body.chaos)
    if body.pace is not None:
        check_fragment(Pace, body.pace, "pace")
    given = body.model_fields_set
    if "scenario" in given:
        context.config.choose_scenario(body.scenario)
    if "chaos" in given:
        context.config.choose_chaos(body.chaos)
    if "pace" in given:
        context.config.choose_pace(None if body.pace is None else fragment_json(body.pace))
    context.config.notify("defaults")
    return _defaults(context)


@router.get("/next")
async def list_queued(context: Context) -> list[responses.QueuedResponseShape]:
    """List the answers queued for any session; a session's own queue is its field `waiting`."""
    return [queued_response_shape(queued, None) for queued in context.app.queued]


@router.post("/next", status_code=201)
async def queue_next(context: Context, body: requests.NextResponse) -> responses.QueuedResponseShape:
    """Queue an answer or faults for the next matching request. Each request takes the first entry that matches."""
    queued = await context.reader.run(lambda: queued_response(body, context))
    if body.session is None:
        if len(context.app.queued) >= MOST_QUEUED:
            raise ConflictError(f"{MOST_QUEUED} answers are queued already; cancel some first")
        context.app.queued = (*context.app.queued, queued)
    else:
        await context.change(body.session, lambda session: _with_queued(session, queued))
    context.config.notify("next")
    return queued_response_shape(queued, body.session)


@router.delete("/next/{id}", status_code=204)
async def cancel_queued(context: Context, id: str, session: str | None = None) -> None:
    """Cancel one queued answer: from the queue of all sessions, or of one."""
    if session is not None:
        await context.change(session, lambda before: _without(before, id))
    elif any(queued.id == id for queued in context.app.queued):
        context.app.queued = tuple([queued for queued in context.app.queued if queued.id != id])
    else:
        raise MissingError(f"no answer '{id}' is queued for all sessions; it may have been used")
    context.config.notify("next")


@router.delete("/next", status_code=204)
async def cancel_all_queued(context: Context, session: str | None = None) -> None:
    """Cancel all queued answers: those for all sessions, or for one."""
    if session is not None:
        await context.change(session, lambda before: _without(before, None))
    else:
        context.app.queued = ()
    context.config.notify("next")


def _with_queued(session: Session, queued: QueuedResponse) -> Session:
    if len(session.overrides.queued) >= MOST_QUEUED:
        raise ConflictError(f"{MOST_QUEUED} answers are queued for this session already; cancel some first")
    overrides = msgspec.structs.replace(session.overrides, queued=(*session.overrides.queued, queued))
    return msgspec.structs.replace(session, overrides=overrides)


def _without(session: Session, id: str | None) -> Session:
    """Return the session without one queued answer, or without any if `id` is None."""
    rest = () if id is None else tuple([queued for queued in session.overrides.queued if queued.id != id])
    if id is not None and len(rest) == len(session.overrides.queued):
        raise MissingError(f"no answer '{id}' is queued for this session; it may have been used")
    return msgspec.structs.replace(session, overrides=msgspec.structs.replace(session.overrides, queued=rest))

"""Steering for everybody: what plays by default, and what the next request gets."""

from secrets import token_hex

import msgspec
import orjson
from fastapi import APIRouter

from mockserver.accounts.session import QueuedResponse, Session
from mockserver.control import requests, responses
from mockserver.control.context import ConflictError, ControlContext, MissingError
from mockserver.control.routes.sessions import queued_response_shape
from mockserver.engine.overrides import MOST_WAITING
from mockserver.files.fragments import check_faults, check_fragment, check_turn, fragment_json
from mockserver.scenarios.schema import Pace


def read_next(said: requests.NextResponse, hub: ControlContext) -> QueuedResponse:
    """What shall wait, checked as a turn of a file is. Raises `AuthorError` with every mistake."""
    if said.turn is not None:
        turn = check_turn(said.turn, hub.contract)
        words = {name: value for name, value in said.turn.items() if name != "times"}
        return QueuedResponse(token_hex(4), fragment_json(words), turn.times if "times" in said.turn else said.times)
    words = {"faults": list(said.faults or ()), **({} if said.when is None else {"when": said.when})}
    check_faults(words, hub.contract)
    return QueuedResponse(token_hex(4), fragment_json(words), said.times)


def routes(hub: ControlContext) -> APIRouter:
    """The routes of defaults and of the queue."""
    router = APIRouter(tags=["steering"])
    app, desk = hub.app, hub.desk

    def defaults() -> responses.DefaultsShape:
        settings = desk.engine.settings
        pace = None if settings.pace is None else orjson.loads(settings.pace)
        return responses.DefaultsShape(scenario=settings.scenario, chaos=desk.engine.chaos.default, pace=pace)

    @router.get("/defaults")
    async def read_defaults() -> responses.DefaultsShape:
        """What holds for every session that says nothing else."""
        return defaults()

    @router.patch("/defaults")
    async def choose_defaults(said: requests.Defaults) -> responses.DefaultsShape:
        """Choose it; what is left out stays, null takes it back."""
        desk.check_scenario(said.scenario)
        desk.check_profile(said.chaos)
        if said.pace is not None:
            check_fragment(Pace, said.pace, "pace")
        given = said.model_fields_set
        if "scenario" in given:
            desk.choose_scenario(said.scenario)
        if "chaos" in given:
            desk.choose_chaos(said.chaos)
        if "pace" in given:
            desk.choose_pace(None if said.pace is None else fragment_json(said.pace))
        desk.tell("defaults")
        return defaults()

    @router.get("/next")
    async def read_next_answers() -> list[responses.QueuedResponseShape]:
        """What waits for the next request, whoever sends it. What waits for one session stands with the session."""
        return [queued_response_shape(one, None) for one in app.waiting]

    @router.post("/next", status_code=201)
    async def queue_next(said: requests.NextResponse) -> responses.QueuedResponseShape:
        """Queue an answer, or faults, for the next request that fits. Each request takes the first that does."""
        waiting = read_next(said, hub)
        if said.session is None:
            if len(app.waiting) >= MOST_WAITING:
                raise ConflictError(f"{MOST_WAITING} wait already; take some back first")
            app.waiting = (*app.waiting, waiting)
        else:
            await hub.change(said.session, lambda session: _queued(session, waiting))
        desk.tell("next")
        return queued_response_shape(waiting, said.session)

    @router.delete("/next/{id}", status_code=204)
    async def take_back(id: str, session: str | None = None) -> None:
        """Take one back that waits for everybody, or for one session."""
        if session is not None:
            await hub.change(session, lambda found: _without(found, id))
        elif any(one.id == id for one in app.waiting):
            app.waiting = tuple([one for one in app.waiting if one.id != id])
        else:
            raise MissingError(f"nothing of the id '{id}' waits for everybody; it may have been used")
        desk.tell("next")

    @router.delete("/next", status_code=204)
    async def take_all_back(session: str | None = None) -> None:
        """Take back all that wait for everybody, or for one session."""
        if session is not None:
            await hub.change(session, lambda found: _without(found, None))
        else:
            app.waiting = ()
        desk.tell("next")

    return router


def _queued(session: Session, waiting: QueuedResponse) -> Session:
    if len(session.steering.waiting) >= MOST_WAITING:
        raise ConflictError(f"{MOST_WAITING} wait for this session already; take some back first")
    steering = msgspec.structs.replace(session.steering, waiting=(*session.steering.waiting, waiting))
    return msgspec.structs.replace(session, steering=steering)


def _without(session: Session, id: str | None) -> Session:
    """The session without one that waits, or without any."""
    kept = () if id is None else tuple([one for one in session.steering.waiting if one.id != id])
    if id is not None and len(kept) == len(session.steering.waiting):
        raise MissingError(f"nothing of the id '{id}' waits for this session; it may have been used")
    return msgspec.structs.replace(session, steering=msgspec.structs.replace(session.steering, waiting=kept))

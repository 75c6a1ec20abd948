"""Sessions: list, make, steer, move their time and money, forget, carry elsewhere."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Annotated

import msgspec
import orjson
from fastapi import APIRouter, Path, Response

from mockserver.accounts import keys, ledger_names
from mockserver.accounts.schema import Account
from mockserver.accounts.session import ChaosMemory, QueuedResponse, Session, Timeline
from mockserver.control import requests, responses
from mockserver.control.account_lookup import ledger_now, move_balance
from mockserver.control.context import MOST_LISTED, ConflictError, ControlContext
from mockserver.control.session_export import exported, imported
from mockserver.core.errors import OperatorError
from mockserver.files.fragments import check_fragment, fragment_json
from mockserver.journal.snapshot import snapshot
from mockserver.scenarios.schema import NEXT, Pace

Id = Annotated[str, Path(min_length=1, max_length=100)]


class OverrideBuilder:
    """Makes what was said in a body into a change of a session, checked beforehand."""

    def __init__(self, hub: ControlContext) -> None:
        self._hub = hub

    def __call__(self, said: requests.SessionOverrides, session: Session) -> Session:
        """The session as it was chosen to be; what was not said stays."""
        given, steering = said.model_fields_set, session.steering
        host, fresh = self._hub.clock.now(), self._hub.app.store.fresh(session.id)
        if "scenario" in given:
            steering = msgspec.structs.replace(steering, scenario=said.scenario)
        if "pace" in given:
            words = None if said.pace is None else fragment_json(said.pace)
            steering = msgspec.structs.replace(steering, pace=words)
        if "account" in given:
            words = None if said.account is None else fragment_json(said.account)
            steering = msgspec.structs.replace(steering, account=words)
            ledgers = {name: ledger for name, ledger in session.ledgers.items() if name != ledger_names.OWN}
            session = msgspec.structs.replace(session, ledgers=ledgers)
        session = msgspec.structs.replace(session, steering=steering)
        if "seed" in given:
            session = msgspec.structs.replace(session, seed=said.seed if said.seed is not None else fresh.seed)
        if "chaos" in given:
            memory = None if said.chaos is None else ChaosMemory(began=session.clock.at(host), profile=said.chaos)
            session = msgspec.structs.replace(session, chaos=memory)
        if "clock" in given:
            clock = fresh.clock if said.clock is None else _clock(said.clock, session.clock, host)
            session = msgspec.structs.replace(session, clock=clock)
        return session

    def check(self, said: requests.SessionOverrides) -> None:
        """Raises `OperatorError` or `AuthorError` for what cannot be chosen."""
        self._hub.desk.check_scenario(said.scenario)
        self._hub.desk.check_profile(said.chaos)
        if said.pace is not None:
            check_fragment(Pace, said.pace, "pace")
        if said.account is not None and check_fragment(Account, said.account, "account").all_keys:
            raise OperatorError("account: a session's account has no keys; leave out key and keys")


def _clock(said: requests.ChosenClock, clock: Timeline, host: float) -> Timeline:
    """The clock that was chosen, which goes on from the present one's time."""
    return Timeline(clock.at(host), host, 0.0 if said.virtual else said.speed)


def queued_response_shape(one: QueuedResponse, session: str | None) -> responses.QueuedResponseShape:
    """What waits, as it is shown."""
    return responses.QueuedResponseShape(id=one.id, session=session, times=one.times, words=orjson.loads(one.words))


def session_shape(
    session: Session, hub: ControlContext, last_used: Mapping[str, float] | None = None
) -> responses.SessionShape:
    """A session, as it is shown; `last_used` says of each when its last exchange came."""
    now, steering = session.clock.at(hub.clock.now()), session.steering
    found = ledger_now(session, hub.desk.engine, now)
    account = None
    if found is not None and found[0].account is not None:
        owner, books = found[0].account, found[1]
        account = responses.AccountShape(
            plan=owner.plan,
            remaining=books.remaining,
            granted=books.granted,
            used=books.used,
            unlimited=owner.unlimited,
        )
    return responses.SessionShape(
        id=session.id,
        seed=session.seed,
        requests=session.requests,
        scenario=steering.scenario,
        chaos=session.chaos.profile if session.chaos is not None else None,
        pace=None if steering.pace is None else orjson.loads(steering.pace),
        account=account,
        state={name: progress.state for name, progress in session.progress.items() if name != NEXT},
        hits={name: dict(progress.hits) for name, progress in session.progress.items() if name != NEXT},
        waiting=[queued_response_shape(one, session.id) for one in steering.waiting],
        now=now,
        clock=responses.ClockShape(virtual=session.clock.is_virtual, speed=session.clock.speed),
        last_used=(hub.last_used() if last_used is None else last_used).get(session.id),
    )


def routes(hub: ControlContext) -> APIRouter:
    """The routes of sessions."""
    router, steer = APIRouter(tags=["sessions"]), OverrideBuilder(hub)

    @router.get("/sessions")
    async def list_sessions() -> list[responses.SessionShape]:
        """Every session, the latest used first."""
        last = hub.last_used()
        found = [session_shape(session, hub, last) for session in await hub.app.store.every(MOST_LISTED)]
        return sorted(found, key=lambda shape: -(shape.last_used or 0.0))

    @router.post("/sessions", status_code=201)
    async def make_session(said: requests.NewSession) -> responses.NewSessionShape:
        """Make a session before its first request: with a key of its own, or under a name for x-mock-session."""
        steer.check(said)
        key = None if said.name is not None else f"sk_{token_hex(12)}"
        name = said.name if said.name is not None else keys.session_of(key or "")
        if await hub.app.store.find(name) is not None:
            raise ConflictError(f"the session '{name}' is there already; PATCH it, or choose another name")

        def change(session: Session) -> tuple[Session, Session]:
            after = msgspec.structs.replace(steer(said, session))  # a value of its own, or the store keeps nothing
            return after, after

        made = await hub.app.store.update(name, change)
        hub.desk.tell("sessions")
        return responses.NewSessionShape(**session_shape(made, hub).model_dump(), key=key)

    @router.get("/sessions/{id}")
    async def read_session(id: Id) -> responses.SessionShape:
        """One session."""
        return session_shape(await hub.session(id), hub)

    @router.patch("/sessions/{id}")
    async def steer_session(id: Id, said: requests.SessionOverrides) -> responses.SessionShape:
        """Choose for one session: scenario, chaos, pace, seed, account, clock; null gives a choice back."""
        steer.check(said)
        return session_shape(await hub.change(id, lambda session: steer(said, session)), hub)

    @router.post("/sessions/{id}/reset")
    async def reset_session(id: Id) -> responses.SessionShape:
        """As if it had never asked. What was chosen for it stays; what waits for it does not."""

        def fresh(session: Session) -> Session:
            steering, chaos = msgspec.structs.replace(session.steering, waiting=()), session.chaos
            if chaos is not None:
                chaos = ChaosMemory(began=session.clock.at(hub.clock.now()), profile=chaos.profile)
            return Session(session.id, session.seed, clock=session.clock, chaos=chaos, steering=steering)

        return session_shape(await hub.change(id, fresh), hub)

    @router.delete("/sessions/{id}", status_code=204)
    async def forget_session(id: Id) -> None:
        """Forget it: whoever asks next under its name begins anew."""
        await hub.session(id)
        await hub.app.store.forget(id)
        hub.desk.tell("sessions")

    @router.post("/sessions/{id}/clock")
    async def advance_clock(id: Id, said: requests.Advance) -> responses.SessionShape:
        """Move its clock on."""
        host = hub.clock.now()
        return session_shape(await hub.change(id, lambda session: session.advanced(host, said.advance)), hub)

    @router.post("/sessions/{id}/account")
    async def change_balance(id: Id, said: requests.BalanceChange) -> responses.SessionShape:
        """Top up, or drain. A session without an account gets one, on plan starter."""
        change = move_balance(hub.desk.engine, hub.clock.now(), top_up=said.top_up, drain=said.drain)
        return session_shape(await hub.change(id, change), hub)

    @router.get("/sessions/{id}/snapshot", response_class=Response, responses={200: {"content": {"text/yaml": {}}}})
    async def read_snapshot(id: Id) -> Response:
        """What its client did, as YAML for golden tests: the same in every run."""
        await hub.session(id)
        return Response(snapshot(await hub.records(id)), media_type="text/yaml")

    @router.get("/sessions/{id}/export")
    async def export_session(id: Id) -> requests.Export:
        """The session as one document, to be kept or put into another server of the same version."""
        return exported(await hub.session(id))

    @router.post("/sessions/import", status_code=201)
    async def import_session(said: requests.Export) -> responses.SessionShape:
        """Put an exported session in the place of the one of its name."""
        session = imported(said, hub)
        made = await hub.app.store.update(session.id, lambda _: (session, session))
        hub.desk.tell("sessions")
        return session_shape(made, hub)

    return router

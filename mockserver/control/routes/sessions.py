"""Routes of sessions: list, create, change, advance the clock, move the balance, delete, export and import."""

from collections.abc import Mapping
from itertools import count
from secrets import token_hex
from typing import Annotated

import msgspec
import orjson
from fastapi import Path, Response

from mockserver.accounts import keys, ledger_names
from mockserver.accounts.schema import Account
from mockserver.accounts.session import ChaosMemory, QueuedResponse, Session, Timeline
from mockserver.control import requests, responses, session_export
from mockserver.control.account_lookup import ledger_now, move_balance
from mockserver.control.context import MOST_LISTED, ConflictError, ControlContext
from mockserver.control.router import Context, control_router
from mockserver.control.session_scenario import session_scenario
from mockserver.core.errors import OperatorError
from mockserver.core.rng import token
from mockserver.files.fragments import check_fragment, fragment_json
from mockserver.journal.snapshot import snapshot
from mockserver.scenarios.schema import Pace
from mockserver.scenarios.script import NEXT
from mockserver.upstream.recorder import file_name

Id = Annotated[str, Path(min_length=1, max_length=100)]


class OverrideBuilder:
    """Applies the settings of a request body to a session; `check` validates them first."""

    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def apply(self, body: requests.SessionOverrides, session: Session) -> Session:
        """Return the session with the settings of the body; omitted fields keep their value."""
        given, overrides = body.model_fields_set, session.overrides
        host, fresh = self._context.clock.now(), self._context.app.store.new_session(session.id)
        if "scenario" in given:
            overrides = msgspec.structs.replace(overrides, scenario=body.scenario)
        if "pace" in given:
            pace = None if body.pace is None else fragment_json(body.pace)
            overrides = msgspec.structs.replace(overrides, pace=pace)
        if "account" in given:
            account = None if body.account is None else fragment_json(body.account)
            overrides = msgspec.structs.replace(overrides, account=account)
            ledgers = {name: ledger for name, ledger in session.ledgers.items() if name != ledger_names.OWN}
            session = msgspec.structs.replace(session, ledgers=ledgers)
        session = msgspec.structs.replace(session, overrides=overrides)
        if "seed" in given:
            session = msgspec.structs.replace(session, seed=body.seed if body.seed is not None else fresh.seed)
        if "chaos" in given:
            memory = None if body.chaos is None else ChaosMemory(began=session.clock.at(host), profile=body.chaos)
            session = msgspec.structs.replace(session, chaos=memory)
        if "clock" in given:
            clock = fresh.clock if body.clock is None else _clock(body.clock, session.clock, host)
            session = msgspec.structs.replace(session, clock=clock)
        return session

    def check(self, body: requests.SessionOverrides) -> None:
        """Raise `OperatorError` or `AuthorError` for invalid settings."""
        self._context.config.check_scenario(body.scenario)
        self._context.config.check_profile(body.chaos)
        if body.pace is not None:
            check_fragment(Pace, body.pace, "pace")
        if body.account is not None and check_fragment(Account, body.account, "account").all_keys:
            raise OperatorError("account: a session's account has no keys; leave out key and keys")


def _clock(body: requests.ChosenClock, clock: Timeline, host: float) -> Timeline:
    """Return the chosen clock, which continues from the present time of the old one."""
    return Timeline(clock.at(host), host, 0.0 if body.virtual else body.speed)


def queued_response_shape(queued: QueuedResponse, session: str | None) -> responses.QueuedResponseShape:
    """Return a queued answer as a response model."""
    return responses.QueuedResponseShape(
        id=queued.id, session=session, times=queued.times, words=orjson.loads(queued.words)
    )


def session_shape(
    session: Session, context: ControlContext, last_used: Mapping[str, float] | None = None
) -> responses.SessionShape:
    """Return a session as a response model; `last_used` has the time of each session's last exchange."""
    now, overrides = session.clock.at(context.clock.now()), session.overrides
    current = ledger_now(session, context.config.engine, now)
    account = None
    if current is not None and current[0].account is not None:
        owner, ledger = current[0].account, current[1]
        account = responses.AccountShape(
            plan=owner.plan,
            remaining=ledger.remaining,
            granted=ledger.granted,
            used=ledger.used,
            unlimited=owner.unlimited,
        )
    return responses.SessionShape(
        id=session.id,
        seed=session.seed,
        requests=session.requests,
        scenario=overrides.scenario,
        chaos=session.chaos.profile if session.chaos is not None else None,
        pace=None if overrides.pace is None else orjson.loads(overrides.pace),
        account=account,
        state={name: progress.state for name, progress in session.progress.items() if name != NEXT},
        hits={name: dict(progress.hits) for name, progress in session.progress.items() if name != NEXT},
        waiting=[queued_response_shape(queued, session.id) for queued in overrides.queued],
        now=now,
        clock=responses.ClockShape(virtual=session.clock.is_virtual, speed=session.clock.speed),
        last_used=(context.last_used() if last_used is None else last_used).get(session.id),
    )


async def new_key(context: ControlContext, label: str | None) -> str:
    """Return a key whose session does not exist: the first that is derived from the label, else a random one."""
    if label is None:
        return f"sk_{token_hex(12)}"
    for number in count(1):
        key = f"sk_{token('label', label, number, length=24)}"
        if await context.app.store.find(keys.session_of(key)) is None:
            break
    return key


router = control_router("sessions")


@router.get("/sessions")
async def list_sessions(context: Context) -> list[responses.SessionShape]:
    """List the sessions, the most recently used first."""
    last = context.last_used()
    shapes = [session_shape(session, context, last) for session in await context.app.store.sessions(MOST_LISTED)]
    return sorted(shapes, key=lambda shape: -(shape.last_used or 0.0))


@router.post("/sessions", status_code=201)
async def make_session(context: Context, body: requests.NewSession) -> responses.NewSessionShape:
    """Create a session before its first request: with its own key, or with a name for x-mock-session."""
    builder = OverrideBuilder(context)
    builder.check(body)
    key = None if body.name is not None else await new_key(context, body.label)
    name = body.name if body.name is not None else keys.session_of(key or "")
    if await context.app.store.find(name) is not None:
        raise ConflictError(f"session '{name}' exists already; PATCH it, or choose another name")

    def change(session: Session) -> tuple[Session, Session]:
        after = msgspec.structs.replace(
            builder.apply(body, session)
        )  # a new value: the store does not save the fresh session it passed in
        return after, after

    made = await context.app.store.update(name, change)
    context.remember_made(name)
    context.config.notify("sessions")
    shape = session_shape(made, context).model_dump()
    return responses.NewSessionShape(**shape, key=key, entered=context.journal.entered)


@router.get("/sessions/{id}")
async def read_session(context: Context, id: Id) -> responses.SessionShape:
    """Return one session."""
    return session_shape(await context.session(id), context)


@router.patch("/sessions/{id}")
async def change_session(context: Context, id: Id, body: requests.SessionOverrides) -> responses.SessionShape:
    """Change settings of one session. An omitted field keeps its value; null resets it."""
    builder = OverrideBuilder(context)
    builder.check(body)
    return session_shape(await context.change(id, lambda session: builder.apply(body, session)), context)


@router.post("/sessions/{id}/reset")
async def reset_session(context: Context, id: Id) -> responses.SessionShape:
    """Reset a session to its state before the first request; its settings stay, its queue does not."""

    def fresh(session: Session) -> Session:
        overrides, chaos = msgspec.structs.replace(session.overrides, queued=()), session.chaos
        if chaos is not None:
            chaos = ChaosMemory(began=session.clock.at(context.clock.now()), profile=chaos.profile)
        return Session(session.id, session.seed, clock=session.clock, chaos=chaos, overrides=overrides)

    return session_shape(await context.change(id, fresh), context)


@router.delete("/sessions/{id}", status_code=204)
async def delete_session(context: Context, id: Id) -> None:
    """Delete a session; the next request with its key or name starts a new one."""
    await context.session(id)
    await context.app.store.forget(id)
    context.config.notify("sessions")


@router.post("/sessions/{id}/clock")
async def advance_clock(context: Context, id: Id, body: requests.Advance) -> responses.SessionShape:
    """Advance a session's clock."""
    host = context.clock.now()
    return session_shape(await context.change(id, lambda session: session.advanced(host, body.advance)), context)


@router.post("/sessions/{id}/account")
async def change_balance(context: Context, id: Id, body: requests.BalanceChange) -> responses.SessionShape:
    """Top up or drain a session's account. A session without an account gets one, on plan starter."""
    change = move_balance(context.config.engine, context.clock.now(), top_up=body.top_up, drain=body.drain)
    return session_shape(await context.change(id, change), context)


@router.get("/sessions/{id}/snapshot", response_class=Response, responses={200: {"content": {"text/yaml": {}}}})
async def read_snapshot(context: Context, id: Id) -> Response:
    """Return what the session's client did as YAML for golden tests, identical in every run."""
    await context.session(id)
    text = await context.read(lambda part: snapshot(part.records), id)
    return Response(text, media_type="text/yaml")


@router.get("/sessions/{id}/scenario", response_class=Response, responses={200: {"content": {"text/yaml": {}}}})
async def read_session_scenario(context: Context, id: Id) -> Response:
    """Return what the session answered as a scenario file: a turn for each exchange, faults and pace included."""
    await context.session(id)
    name = file_name(id)
    text = await context.read(lambda part: session_scenario(part.records, name), id)
    return Response(text, media_type="text/yaml")


@router.get("/sessions/{id}/export")
async def export_session(context: Context, id: Id) -> requests.Export:
    """Export a session as one document, for another server of the same version."""
    return session_export.to_document(await context.session(id))


@router.post("/sessions/import", status_code=201)
async def import_session(context: Context, body: requests.Export) -> responses.SessionShape:
    """Import an exported session; it replaces the session of its name."""
    session = session_export.from_document(body, context)
    made = await context.app.store.update(session.id, lambda _: (session, session))
    context.config.notify("sessions")
    return session_shape(made, context)

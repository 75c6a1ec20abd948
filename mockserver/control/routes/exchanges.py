"""Routes of exchanges and live answers: lists, single ones, snippets, holds, and the feed."""

from itertools import islice
from typing import Annotated, Any, cast

from fastapi import Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from mockserver.control import requests, responses, serializers
from mockserver.control.context import ControlContext, JournalPart, MissingError, journal_query
from mockserver.control.feed import MOST_UNREAD, TrafficFeed
from mockserver.control.router import Context, control_router
from mockserver.control.snippets import COPIES
from mockserver.journal.record import Record
from mockserver.server.connection import EXTENSION, SocketConnection
from mockserver.server.traffic import LiveAnswer

LONGEST_NUMBER = 18
"""The maximum number of digits of an exchange's number; Python refuses to parse thousands."""

Number = Annotated[int, Query(ge=0)]


DOWNLOAD: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {}}}}  # Any: FastAPI's own type
"""The content of a download, for the OpenAPI document."""


class FeedResponse(StreamingResponse):
    """A response of server-sent events. FastAPI's own uses a queue, which fails when a client disconnects."""

    media_type = "text/event-stream"


def _page(part: JournalPart, records: list[Record], limit: int) -> Response:
    """Return the last of these records as an `ExchangesShape`, joined from what is encoded already."""
    rows = b",".join([serializers.summary_json(record) for record in records[-limit:]])
    body = b'{"exchanges":[%b],"entered":%d,"forgotten":%d}' % (rows, part.entered, part.forgotten)
    return Response(body, media_type="application/json")


def _whole(record: Record, *, is_live: bool = False) -> Response:
    """Return a record as an `ExchangeShape`."""
    shape = serializers.whole(record, is_live=is_live)
    return Response(shape.model_dump_json(), media_type="application/json")


router = control_router("exchanges")


def _live_answer(context: ControlContext, id: int) -> LiveAnswer:
    answer = context.traffic.live.get(id)
    if answer is None:
        raise MissingError(f"no live answer {id}; it may have ended")
    return answer


def _live_shape(context: ControlContext, answer: LiveAnswer) -> responses.LiveShape:
    return serializers.live(answer, context.clock.now(), context.contract)


@router.get("/exchanges", response_model=responses.ExchangesShape)
async def list_exchanges(
    context: Context,
    session: str | None = None,
    after: Number = 0,
    before: Annotated[int | None, Query(ge=0)] = None,
    limit: Annotated[int, Query(ge=1, le=5_000)] = 200,
) -> Response:
    """List the last exchanges, oldest first; filter by session, or by numbers above `after` and below `before`."""

    def listed(part: JournalPart) -> Response:
        return _page(part, [one for one in part.records if before is None or one.number < before], limit)

    return await context.read(listed, session, after)


@router.post("/exchanges/find", response_model=responses.ExchangesShape)
async def find_exchanges(context: Context, search: requests.JournalSearch) -> Response:
    """List the last exchanges whose requests match a `when`."""
    query = journal_query(search.when)

    def found(part: JournalPart) -> Response:
        return _page(part, [one for one in part.records if not one.differences(query)], search.limit)

    return await context.read(found, search.session)


@router.get("/exchanges/{number}", response_model=responses.ExchangeShape)
async def read_exchange(context: Context, number: int) -> Response:
    """Return one exchange with its request and answer."""
    record = context.record(number)
    return await context.journal_reader.run(lambda: _whole(record))


@router.get("/exchanges/{number}/body", response_class=Response, responses=DOWNLOAD)
async def read_body(context: Context, number: int) -> Response:
    """Download the complete request body."""
    return _file(context.record(number).body, f"exchange-{number}-request.txt")


@router.get("/exchanges/{number}/answer", response_class=Response, responses=DOWNLOAD)
async def read_answer(context: Context, number: int) -> Response:
    """Download the complete answer body as sent."""
    return _file(serializers.uncut(context.record(number).exchange), f"exchange-{number}-answer.txt")


@router.get("/exchanges/{number}/copy/{kind}")
async def copy_exchange(context: Context, number: int, kind: requests.Copy) -> responses.TextShape:
    """Return the exchange as a curl command, a scenario, or a test."""
    record = context.record(number)
    return responses.TextShape(text=await context.journal_reader.run(lambda: COPIES[kind](record, context.url)))


@router.get("/live")
async def list_live(context: Context) -> list[responses.LiveShape]:
    """List the live answers."""
    return [_live_shape(context, answer) for answer in islice(context.traffic.live.values(), serializers.MOST_EVENTS)]


@router.get("/live/{id}", response_model=responses.ExchangeShape)
async def read_live(context: Context, id: int) -> Response:
    """Return a live answer so far; if it has ended, return its exchange."""
    if id not in context.traffic.live:
        await context.app.settled()
        ended = [entry for entry in context.journal.entries() if id > 0 and entry.live == id]
        if ended:
            record = context.record_of(ended[-1].read())
            return await context.journal_reader.run(lambda: _whole(record))
    live = Record(_live_answer(context, id).exchange(context.clock.now()), context.contract)
    return await context.journal_reader.run(lambda: _whole(live, is_live=True))


@router.post("/live/{id}/hold")
async def hold_live(context: Context, id: int) -> responses.LiveShape:
    """Hold a live answer before its next event."""
    answer = _live_answer(context, id)
    answer.delivery.gate.shut()
    answer.delivery.changed()
    return _live_shape(context, answer)


@router.post("/live/{id}/step")
async def step_live(context: Context, id: int, steps: requests.Steps) -> responses.LiveShape:
    """Release some events immediately, then hold the answer again."""
    answer = _live_answer(context, id)
    answer.delivery.gate.shut()
    answer.delivery.gate.admit(steps.events)
    return _live_shape(context, answer)


@router.post("/live/{id}/run")
async def run_live(context: Context, id: int) -> responses.LiveShape:
    """Release a held answer; it continues at its own pace."""
    answer = _live_answer(context, id)
    answer.delivery.gate.open()
    answer.delivery.changed()
    return _live_shape(context, answer)


@router.get("/traffic", response_class=FeedResponse)
async def watch_traffic(
    context: Context,
    request: Request,
    after: Annotated[int | None, Query(ge=0)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> FeedResponse:
    """Stream events: began, progress, ended, steered (settings), forgot (refetch), dropped (too slow)."""
    if last_event_id is not None and last_event_id.isdecimal() and len(last_event_id) <= LONGEST_NUMBER:
        after = int(last_event_id)
    connection = cast(SocketConnection | None, request.scope.get("extensions", {}).get(EXTENSION))
    if connection is not None:
        connection.limit_unread(MOST_UNREAD)
    return FeedResponse(context.part(TrafficFeed).read(after))


def _file(body: bytes, name: str) -> Response:
    """Return untrusted bytes as a download that no browser renders."""
    return Response(
        body,
        media_type="text/plain; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )

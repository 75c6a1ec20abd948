"""Exchanges: what is over and what is on its way, as lists, whole, as they happen, and as something to paste."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from mockserver.control import requests, responses, serializers
from mockserver.control.context import ControlContext, MissingError, query
from mockserver.control.feed import FeedReader
from mockserver.control.snippets import COPIES
from mockserver.journal.record import Record
from mockserver.server.traffic import LiveAnswer

LONGEST_NUMBER = 18
"""Digits of an exchange's number; Python refuses to read thousands of them."""

Number = Annotated[int, Query(ge=0)]


class FeedResponse(StreamingResponse):
    """Server-sent events. FastAPI's own have a queue between, which fails when a reader leaves in the middle."""

    media_type = "text/event-stream"


def _last(records: list[Record], limit: int) -> list[responses.SummaryShape]:
    return [serializers.summary(record) for record in records[-limit:]]


def routes(hub: ControlContext) -> APIRouter:
    """The routes of exchanges."""
    router, journal = APIRouter(tags=["exchanges"]), hub.journal

    def some(records: list[Record], limit: int) -> responses.ExchangesShape:
        return responses.ExchangesShape(
            exchanges=_last(records, limit), entered=journal.entered, forgotten=journal.forgotten
        )

    def live_of(id: int) -> LiveAnswer:
        found = hub.traffic.live.get(id)
        if found is None:
            raise MissingError(f"no answer {id} is on its way; it has ended, or there never was one")
        return found

    def live_shape(one: LiveAnswer) -> responses.LiveShape:
        return serializers.live(one, hub.clock.now(), hub.contract)

    @router.get("/exchanges")
    async def list_exchanges(
        session: str | None = None,
        after: Number = 0,
        before: Annotated[int | None, Query(ge=0)] = None,
        limit: Annotated[int, Query(ge=1, le=5_000)] = 200,
    ) -> responses.ExchangesShape:
        """The last exchanges, oldest first; of one session, or with numbers above `after` and below `before`."""
        found = await hub.records(session, after)
        return some([one for one in found if before is None or one.number < before], limit)

    @router.post("/exchanges/find")
    async def find_exchanges(said: requests.JournalSearch) -> responses.ExchangesShape:
        """Those that are so, in the words of `when`."""
        asked = query(said.when)
        return some([one for one in await hub.records(said.session) if not one.differences(asked)], said.limit)

    @router.get("/exchanges/{number}")
    async def read_exchange(number: int) -> responses.ExchangeShape:
        """One exchange, whole."""
        return serializers.whole(hub.record(number))

    @router.get("/exchanges/{number}/body", response_class=Response)
    async def read_body(number: int) -> Response:
        """The body of its request, uncut, as a file."""
        return _file(hub.record(number).body, f"exchange-{number}-request.txt")

    @router.get("/exchanges/{number}/answer", response_class=Response)
    async def read_answer(number: int) -> Response:
        """The body of its answer as it was handed over, uncut, as a file."""
        return _file(serializers.uncut(hub.record(number).exchange), f"exchange-{number}-answer.txt")

    @router.get("/exchanges/{number}/copy/{kind}")
    async def copy_exchange(number: int, kind: requests.Copy) -> responses.TextShape:
        """The exchange as a curl command, a scenario, or a test."""
        return responses.TextShape(text=COPIES[kind](hub.record(number), hub.url))

    @router.get("/live")
    async def list_live() -> list[responses.LiveShape]:
        """Every answer that is on its way."""
        return [live_shape(one) for one in islice(hub.traffic.live.values(), serializers.MOST_EVENTS)]

    @router.get("/live/{id}")
    async def read_live(id: int) -> responses.ExchangeShape:
        """One of them, as far as it has come; if it has ended meanwhile, the exchange that it has become."""
        if id not in hub.traffic.live:
            await hub.app.settled()
            for exchange in reversed(list(journal)):
                if id > 0 and exchange.captured.live == id:
                    return serializers.whole(Record(exchange, hub.contract))
        exchange = live_of(id).exchange(hub.clock.now())
        return serializers.whole(Record(exchange, hub.contract), is_live=True)

    @router.post("/live/{id}/hold")
    async def hold_live(id: int) -> responses.LiveShape:
        """Hold it back before its next event."""
        one = live_of(id)
        one.delivery.valve.shut()
        one.delivery.changed()
        return live_shape(one)

    @router.post("/live/{id}/step")
    async def step_live(id: int, said: requests.Steps) -> responses.LiveShape:
        """Let so many events through, at once; it is held again after them."""
        one = live_of(id)
        one.delivery.valve.shut()
        one.delivery.valve.let(said.events)
        return live_shape(one)

    @router.post("/live/{id}/run")
    async def run_live(id: int) -> responses.LiveShape:
        """Let it run on, at its own pace."""
        one = live_of(id)
        one.delivery.valve.open()
        one.delivery.changed()
        return live_shape(one)

    @router.get("/traffic", response_class=FeedResponse)
    async def watch_traffic(
        after: Annotated[int | None, Query(ge=0)] = None,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> FeedResponse:
        """What happens, as it happens: began, progress, ended, steered, forgot."""
        if last_event_id is not None and last_event_id.isdecimal() and len(last_event_id) <= LONGEST_NUMBER:
            after = int(last_event_id)
        return FeedResponse(FeedReader(hub).read(after))

    return router


def _file(body: bytes, name: str) -> Response:
    """Bytes of somebody else's, which no browser shall take for a page."""
    return Response(
        body,
        media_type="text/plain; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )

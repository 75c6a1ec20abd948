"""Judging: whether the requests that came were so, and what the client did wrong. The same as in a test."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Query

from mockserver.control import requests, responses
from mockserver.control.context import ControlContext, query
from mockserver.journal.client_rules import ClientLimits
from mockserver.journal.log import Exchange
from mockserver.journal.record import Record
from mockserver.journal.verdict import judge
from mockserver.journal.verify import ClientError, called, ordered
from mockserver.server.traffic import LiveAnswer


class NewExchange:
    """Whether another exchange has ended: a watcher of the traffic, for as long as the block lasts."""

    def __init__(self, hub: ControlContext) -> None:
        self._watchers = hub.traffic.watchers
        self._news = asyncio.Event()

    def __enter__(self) -> Self:
        self._watchers.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._watchers.remove(self)

    def began(self, live: LiveAnswer) -> None:
        """An answer is on its way."""

    def changed(self, live: LiveAnswer) -> None:
        """More of it was handed over."""

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """It is over."""
        self._news.set()

    async def until(self, deadline: float) -> bool:
        """Wait for the next one; gives whether it came before the loop's time has reached the deadline."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True


def verdict_on(records: Sequence[Record], said: requests.Verification) -> responses.VerifiedShape:
    """Whether these requests are what was said."""
    try:
        in_order = said.order is not None
        found = ordered(records, said.order or ()) if in_order else called(records, said.times, said.when or {})
    except ClientError as error:
        return responses.VerifiedShape(ok=False, message=str(error), exchanges=[])
    return responses.VerifiedShape(ok=True, message="", exchanges=[record.number for record in found])


def routes(hub: ControlContext) -> APIRouter:
    """The routes of verification and verdict."""
    router = APIRouter(tags=["judging"])

    @router.post("/verify")
    async def verify(said: requests.Verification) -> responses.VerifiedShape:
        """Whether requests came that were so, or come `within` some time; if not, what came instead."""
        for words in said.order or [said.when or {}]:
            query(words)
        with NewExchange(hub) as news:
            deadline = asyncio.get_running_loop().time() + (said.within or 0.0)
            while True:
                verified = verdict_on(await hub.records(said.session, said.after), said)
                if verified.ok or not await news.until(deadline):
                    return verified

    @router.get("/verdict")
    async def read_verdict(
        session: str | None = None,
        concurrency: Annotated[int | None, Query(ge=1)] = None,
        read_timeout: Annotated[float | None, Query(gt=0)] = None,
        after: Annotated[int, Query(ge=0)] = 0,
    ) -> responses.VerdictShape:
        """What clients did wrong, with the evidence; each session by itself."""
        records = await hub.records(session, after)
        sessions = dict.fromkeys([record.session for record in records])
        limits = ClientLimits(concurrency, read_timeout)
        findings = [
            responses.FindingShape(
                rule=finding.rule,
                exchanges=list(finding.requests),
                evidence=finding.evidence,
                right=finding.right,
                reason=finding.reason,
            )
            for name in sessions
            for finding in judge([record for record in records if record.session == name], limits)
        ]
        return responses.VerdictShape(findings=findings)

    return router

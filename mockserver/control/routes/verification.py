"""Routes of verification and verdict, with the same results as in a test."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Query

from mockserver.control import requests, responses
from mockserver.control.context import ControlContext, journal_query
from mockserver.journal.client_rules import RULES, ClientLimits
from mockserver.journal.log import Exchange
from mockserver.journal.record import Record
from mockserver.journal.verdict import judge, list_warnings
from mockserver.journal.verify import ClientError, expect_calls, expect_order
from mockserver.server.traffic import LiveAnswer


class NewExchange:
    """A context manager that watches the traffic for exchanges that end."""

    def __init__(self, context: ControlContext) -> None:
        self._watchers = context.traffic.watchers
        self._ended = asyncio.Event()

    def __enter__(self) -> Self:
        self._watchers.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._watchers.remove(self)

    def began(self, live: LiveAnswer) -> None:
        """Ignore an answer that has begun."""

    def changed(self, live: LiveAnswer) -> None:
        """Ignore progress."""

    def ended(self, live: LiveAnswer, exchange: Exchange) -> None:
        """Wake up `until`."""
        self._ended.set()

    async def until(self, deadline: float) -> bool:
        """Wait for the next exchange; return whether one ended before the deadline, in the loop's time."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._ended.wait()
        except TimeoutError:
            return False
        self._ended.clear()
        return True


def verification(records: Sequence[Record], body: requests.Verification) -> responses.VerifiedShape:
    """Check the records against the expectation."""
    try:
        if body.order is not None:
            matched = expect_order(records, body.order)
        else:
            matched = expect_calls(records, body.times, body.when or {})
    except ClientError as error:
        return responses.VerifiedShape(ok=False, message=str(error), exchanges=[])
    return responses.VerifiedShape(ok=True, message="", exchanges=[record.number for record in matched])


def routes(context: ControlContext) -> APIRouter:
    """Return the routes of verification and verdict."""
    router = APIRouter(tags=["verification"])

    @router.post("/verify")
    async def verify(body: requests.Verification) -> responses.VerifiedShape:
        """Check that the expected requests came, or come `within` a time; `message` says what differs."""
        for when in body.order or [body.when or {}]:
            journal_query(when)
        with NewExchange(context) as next_exchange:
            deadline = asyncio.get_running_loop().time() + (body.within or 0.0)
            while True:
                verified = verification(await context.records(body.session, body.after), body)
                if verified.ok or not await next_exchange.until(deadline):
                    return verified

    @router.get("/verdict")
    async def read_verdict(
        session: str | None = None,
        concurrency: Annotated[int | None, Query(ge=1)] = None,
        read_timeout: Annotated[float | None, Query(gt=0)] = None,
        after: Annotated[int, Query(ge=0)] = 0,
    ) -> responses.VerdictShape:
        """List the clients' proven mistakes, with evidence; each session is judged separately."""
        records = await context.records(session, after)
        sessions: dict[str, list[Record]] = {}
        for record in records:
            sessions.setdefault(record.session, []).append(record)
        limits = ClientLimits(concurrency, read_timeout)
        verdicts = [judge(own, limits) for own in sessions.values()]
        checked = {name for verdict in verdicts for name in verdict.checked}
        findings = [
            responses.FindingShape(
                rule=finding.rule,
                exchanges=list(finding.requests),
                evidence=finding.evidence,
                right=finding.right,
                reason=finding.reason,
            )
            for verdict in verdicts
            for finding in verdict
        ]
        reasons = (verdicts or [judge([], limits)])[0].unchecked
        return responses.VerdictShape(
            findings=findings,
            exchanges=len(records),
            checked=[rule.name for rule in RULES if rule.name in checked],
            unchecked={name: why for name, why in reasons.items() if name not in checked},
            warnings=list_warnings(records),
        )

    return router

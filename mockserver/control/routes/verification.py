"""Routes of verification and verdict, with the same results as in a test.

Both read the journal beside the event loop, and read an exchange once: what a verdict needs of it are facts, and a
verification that waits looks only at what has ended since.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import Query, Response

from mockserver.control import requests, responses
from mockserver.control.context import ControlContext, JournalPart, journal_query
from mockserver.control.router import Context, control_router
from mockserver.control.session_check import CheckShape, check_session
from mockserver.journal.client_rules import RULES, ClientLimits
from mockserver.journal.log import Exchange
from mockserver.journal.record import Record
from mockserver.journal.verdict import Verdict, judge, list_warnings
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


class Expectation:
    """What a call of `/verify` waits for. It gets the exchanges as they end, and looks at each once."""

    def __init__(self, body: requests.Verification) -> None:
        self._steps = [journal_query(when) for when in body.order or [body.when or {}]]
        self._is_order = body.order is not None
        self._times = body.times
        self._matched = 0
        self.last = body.after
        """The number of the last exchange that it got."""

    def is_met(self, part: JournalPart) -> bool:
        """Take the exchanges that have ended since; return whether the expectation may be met now."""
        self.last = max(self.last, part.entered)
        for record in part.records:
            if not self._is_order or self._matched < len(self._steps):
                step = self._steps[self._matched if self._is_order else 0]
                self._matched += not record.differences(step)
        if self._is_order:
            return self._matched == len(self._steps)
        return self._matched == self._times if self._times is not None else self._matched > 0


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


def verdict(records: Sequence[Record], limits: ClientLimits) -> responses.VerdictShape:
    """Return the verdict on each session's client, as one."""
    sessions: dict[str, list[Record]] = {}
    for record in records:
        sessions.setdefault(record.session, []).append(record)
    verdicts = [judge(own, limits) for own in sessions.values()]
    checked = {name for verdict in verdicts for name in verdict.checked}
    reasons = (verdicts or [judge([], limits)])[0].unchecked
    return responses.VerdictShape(
        findings=[shape for verdict in verdicts for shape in _findings(verdict)],
        exchanges=len(records),
        checked=[rule.name for rule in RULES if rule.name in checked],
        unchecked={name: why for name, why in reasons.items() if name not in checked},
        warnings=list_warnings(records),
    )


def _findings(verdict: Verdict) -> list[responses.FindingShape]:
    return [
        responses.FindingShape(
            rule=finding.rule,
            exchanges=list(finding.requests),
            evidence=finding.evidence,
            right=finding.right,
            reason=finding.reason,
        )
        for finding in verdict
    ]


router = control_router("verification")


@router.post("/verify")
async def verify(context: Context, body: requests.Verification) -> responses.VerifiedShape:
    """Check that the expected requests came, or come `within` a time; `message` says what differs."""
    expectation = Expectation(body)
    with NewExchange(context) as next_exchange:
        deadline = asyncio.get_running_loop().time() + (body.within or 0.0)
        is_over = body.within is None
        while not is_over and not await context.read(expectation.is_met, body.session, expectation.last):
            is_over = not await next_exchange.until(deadline)
    return await context.read(lambda part: verification(part.records, body), body.session, body.after)


@router.get("/verdict", response_model=responses.VerdictShape)
async def read_verdict(
    context: Context,
    session: str | None = None,
    concurrency: Annotated[int | None, Query(ge=1)] = None,
    read_timeout: Annotated[float | None, Query(gt=0)] = None,
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """List the clients' proven mistakes, with evidence; each session is judged separately."""
    limits = ClientLimits(concurrency, read_timeout)

    def judged(part: JournalPart) -> Response:
        return Response(verdict(part.records, limits).model_dump_json(), media_type="application/json")

    return await context.read(judged, session, after)


@router.get("/sessions/{id}/check")
async def check(context: Context, id: str, strict: bool = False) -> CheckShape:
    """Check a session at the end of a test: unmatched requests, turns that had to be played, mistakes, timeline."""
    return await check_session(context, await context.session(id), strict=strict)

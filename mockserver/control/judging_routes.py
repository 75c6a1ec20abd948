"""Judging: whether the requests that came were so, and what the client did wrong. The same as in a test."""

from typing import Annotated

from fastapi import APIRouter, Query

from mockserver.blame import Limits
from mockserver.control import models, shapes
from mockserver.control.hub import Hub
from mockserver.verdict import judge
from mockserver.verifying import ClientError, called, ordered


def routes(hub: Hub) -> APIRouter:
    """The routes of verification and verdict."""
    router = APIRouter(tags=["judging"])

    @router.post("/verify")
    async def verify(said: models.Verifying) -> shapes.VerifiedShape:
        """Whether requests came that were so; if not, what came instead."""
        records = await hub.records(said.session, said.after)
        try:
            if said.order is not None:
                found = ordered(records, said.order)
            else:
                found = called(records, said.times, said.when or {})
        except ClientError as error:
            return shapes.VerifiedShape(ok=False, message=str(error), exchanges=[])
        return shapes.VerifiedShape(ok=True, message="", exchanges=[record.number for record in found])

    @router.get("/verdict")
    async def read_verdict(
        session: str | None = None,
        concurrency: Annotated[int | None, Query(ge=1)] = None,
        read_timeout: Annotated[float | None, Query(gt=0)] = None,
        after: Annotated[int, Query(ge=0)] = 0,
    ) -> shapes.VerdictShape:
        """What clients did wrong, with the evidence; each session by itself."""
        records = await hub.records(session, after)
        sessions = dict.fromkeys([record.session for record in records])
        limits = Limits(concurrency, read_timeout)
        findings = [
            shapes.FindingShape(
                rule=finding.rule,
                exchanges=list(finding.requests),
                evidence=finding.evidence,
                right=finding.right,
                reason=finding.reason,
            )
            for name in sessions
            for finding in judge([record for record in records if record.session == name], limits)
        ]
        return shapes.VerdictShape(findings=findings)

    return router

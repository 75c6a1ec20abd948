"""Runs a client through every act, each against a gateway of its own, and keeps what it sent."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Literal, NamedTuple, TypeAlias

import mockserver
from mockserver.journal.record import Record
from mockserver.testing.gateway import GatewaySession
from tools.acts.acts import ACTS, ClientAct
from tools.acts.clients import ClientUnderTest, Job, Shown

Mark: TypeAlias = Literal["ok", "fails", "dropped", "none"]


class ActResult(NamedTuple):
    """What came of an act: passed, failed (and in what), dropped by the client, or not for this client.

    `requests` is what the client sent.
    """

    mark: Mark
    note: str
    requests: Sequence[Record]


def run_acts(client: ClientUnderTest) -> Mapping[str, ActResult]:
    """Return act -> outcome. One process does all acts."""
    with ExitStack() as stack:
        gateways = {
            name: stack.enter_context(
                mockserver.start(name=f"{client.name}-{name}", extensions=client.extensions)
            ).allow_unmatched()
            for name in ACTS
        }
        for name, act in ACTS.items():
            act.play(gateways[name])
        jobs: list[Job] = [
            {"wire": client.wire, "verb": act.verb or name, "env": gateways[name].env} for name, act in ACTS.items()
        ]
        shown = client.run(jobs)
        return {
            act.name: _outcome(act, gateway, told)
            for act, gateway, told in zip(ACTS.values(), gateways.values(), shown, strict=True)
        }


def _outcome(act: ClientAct, gateway: GatewaySession, shown: Shown | None) -> ActResult:
    if shown is None:
        return ActResult("none", "", ())
    requests = list(gateway.journal)
    if act.dropped(shown):
        return ActResult("dropped", "", requests)
    note = _failure(act, gateway, shown, len(requests))
    return ActResult("fails" if note else "ok", note, requests)


def _failure(act: ClientAct, gateway: GatewaySession, shown: Shown, requests: int) -> str:
    """Return why an act was not passed; "" if it was."""
    if not act.passed(shown):
        return f"{shown['error']}: {shown['message']}" if "error" in shown else f"shows {shown}"
    if act.requests not in (None, requests):
        return f"sent {requests} requests, not {act.requests}"
    findings = gateway.verdict().findings
    return f"verdict: {findings[0].rule}: {findings[0].evidence}" if findings else ""

"""Every mutant, and one run of the gate against one of them.

The gateway behind a mutant is the suite's own reference gateway, which needs no scenarios; a relay in front of it puts
the fault on its answers. To add a mutant, add a row to a table in `answers`, `framing`, `offers`, `pets`,
`requests` or `streams`.
"""

import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.reference import gateway
from mockserver.core.errors import OperatorError
from mockserver.gate.client import AnswerLimits
from mockserver.gate.discovery import Dialect
from mockserver.gate.profiles import PROFILES
from mockserver.gate.relay import Outgoing, Respond, Upstream, serving
from mockserver.gate.runner import Runner, RunSettings
from tools.mutants import conversations, limits
from tools.mutants.answers import ANSWERS
from tools.mutants.framing import FRAMINGS, Front, fronted
from tools.mutants.offers import OFFERS
from tools.mutants.pets import DOCUMENT, KEY, PETS, Fault, store
from tools.mutants.relayed import Change, RelayedExchange
from tools.mutants.requests import AFTER, BEFORE, BOTH
from tools.mutants.streams import STREAMS

CONTRACT = Path(__file__).resolve().parents[2] / "openapi.yaml"

FAST = AnswerLimits(connect=1, silence=1.6, total=4, size=2 * 1024 * 1024)
"""A mutant that never ends an answer must not take long."""

LATENCY = 1.0
"""Seconds until an answer must begin; the mutant that is slow takes longer."""


@dataclass(frozen=True)
class Mutant:
    """One faulty gateway, and the promises that its fault must break."""

    name: str
    family: str
    promises: tuple[str, ...]
    before: Change | None = None
    after: Change | None = None
    dialect: Dialect | None = None
    fault: Fault | None = None
    front: Front | None = None


MUTANTS: dict[str, Mutant] = {
    **{
        name: Mutant(name, family, tuple(promises.split()), after=change)
        for name, (family, promises, change) in {
            **ANSWERS,
            **STREAMS,
            **AFTER,
            **conversations.AFTER,
            **limits.AFTER,
        }.items()
    },
    **{
        name: Mutant(name, family, tuple(promises.split()), after=change, dialect="both")
        for name, (family, promises, change) in OFFERS.items()
    },
    **{
        name: Mutant(name, family, tuple(promises.split()), fault=fault)
        for name, (family, promises, fault) in PETS.items()
    },
    **{
        name: Mutant(name, family, tuple(promises.split()), front=front)
        for name, (family, promises, front) in FRAMINGS.items()
    },
    **{
        name: Mutant(name, family, tuple(promises.split()), before=change)
        for name, (family, promises, change) in {**BEFORE, **conversations.BEFORE, **limits.BEFORE}.items()
    },
    **{
        name: Mutant(name, family, tuple(promises.split()), before, after)
        for name, (family, promises, before, after) in {**BOTH, **limits.BOTH}.items()
    },
}

SOUND = Mutant("sound", "sound", ())
"""No fault: the gate must find nothing."""


class Examination(NamedTuple):
    """What one run found: the mutant's name, how long the run took, and the promises that it calls broken."""

    name: str
    seconds: float
    broken: list[str]


class SkippingClock:
    """A clock that skips waits: sleeping moves it forward and takes no time."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        """Move forward."""
        self.ahead += seconds


def responder(mutant: Mutant, base: str) -> Respond:
    """Return what the relay answers: the answer of the gateway at `base`, with the mutant's fault."""
    upstream = Upstream(base)
    memory: dict[str, Any] = {}

    def respond(request: SentRequest) -> Outgoing:
        exchange = RelayedExchange(request, memory)
        if mutant.before:
            mutant.before(exchange)
        exchange.status, exchange.headers, pieces = upstream.open(exchange.request)
        exchange.body = b"".join(pieces)
        exchange.headers = [pair for pair in exchange.headers if pair[0] != "content-length"]
        exchange.request = request
        if mutant.after:
            mutant.after(exchange)
        time.sleep(exchange.delay)
        if not exchange.is_stream and not any(name == "content-length" for name, _ in exchange.headers):
            exchange.headers.append(("content-length", str(len(exchange.body))))
        return Outgoing(exchange.status, exchange.headers, [exchange.body] if exchange.body else [], exchange.ending)

    return respond


def examine(name: str, profile: str, seed: int = 0) -> Examination:
    """Run the gate against one mutant. A name that is no mutant's is the sound gateway."""
    start, clock, mutant = time.monotonic(), SkippingClock(), MUTANTS.get(name, SOUND)
    if mutant.fault is not None:
        found = _broken_of_pets(mutant.fault, profile)
        return Examination(name, time.monotonic() - start, found)
    with (
        gateway.serving(gateway.ReferenceGateway(CONTRACT, clock.now)) as behind,
        serving(responder(mutant, behind)) as relayed,
        fronted(relayed, mutant.front) if mutant.front else nullcontext(relayed) as url,
    ):
        limited = replace(PROFILES[profile], limits=FAST)
        settings = RunSettings(
            url,
            limited,
            gateway.KEY,
            CONTRACT,
            seed=seed,
            dialect=mutant.dialect,
            credentials=gateway.credentials(),
            latency=LATENCY,
        )
        try:
            broken = Runner(settings, sleep=clock.sleep).run().results.of("broken")
        except OperatorError:  # exit code 2: noticed, but no promise was broken, so it does not count
            broken = []
    return Examination(mutant.name, time.monotonic() - start, [result.promise.name for result in broken])


def _broken_of_pets(fault: Fault, profile: str) -> list[str]:
    """Return what the gate calls broken of the store of pets with a fault, by the store's own document."""
    with NamedTemporaryFile("w", suffix=".json") as file, serving(store(fault)) as url:
        file.write(DOCUMENT)
        file.flush()
        settings = RunSettings(url, replace(PROFILES[profile], limits=FAST), KEY, Path(file.name))
        return [result.promise.name for result in Runner(settings).run().results.of("broken")]

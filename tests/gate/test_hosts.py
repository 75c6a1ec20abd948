"""Whom a request is for: the Host header and a target in absolute form, and the servers that get them wrong."""

import time
from collections.abc import Iterator

import pytest

from mockserver.contracts.client import Client, Target
from mockserver.contracts.exchange import CheckedExchange
from mockserver.contracts.probes.hosts import PROBES
from mockserver.contracts.reference import gateway
from mockserver.gate.raw_sender import SocketSender
from tests.gate.support import document, reference_gateway
from tests.gate.test_smuggling import no_sender
from tools.mutants.framing import FRAMINGS, Front, fronted

NAMES = ("host-required", "absolute-target")


@pytest.fixture(scope="module")
def sound() -> Iterator[str]:
    """Serve the reference gateway; yield its URL."""
    with reference_gateway() as (url, _):
        yield url


def broken(url: str) -> dict[str, list[str]]:
    """Play both probes against a target; return what they found, by the promise."""
    found: dict[str, list[str]] = {}

    def record(promise: str, kept: bool, got: str, _: CheckedExchange | None) -> None:
        if not kept:
            found.setdefault(promise, []).append(got)

    raw = SocketSender(url, lambda requests: None)
    for case in PROBES:
        target = Target(gateway.KEY)
        case.play(Client(document(), target, no_sender, lambda _: None, record, time.time, time.sleep, raw))
    return found


def test_the_reference_gateway_keeps_both_promises(sound: str) -> None:
    assert broken(sound) == {}


def test_a_sound_server_in_front_of_it_keeps_them_too(sound: str) -> None:
    with fronted(sound, Front()) as url:
        assert broken(url) == {}


FOUND = {
    "host-may-be-absent": ["without Host: status 200, expected 400"],
    "same-host-twice": ["with the same Host twice: status 200, expected 400"],
    "first-host-wins": ["with two values of Host: status 200, expected 400"],
    "host-with-a-space": ["with a Host that is none: status 200, expected 400"],
    "absolute-target-unknown": [
        "beside the same Host: status 404, in origin form 200",
        "beside another Host: status 404, in origin form 200",
    ],
    "host-over-target": ["beside another Host: status 400, in origin form 200"],
    "either-host-is-enough": ["of another host: status 200, with that in Host 400"],
}


@pytest.mark.parametrize("name", [name for name, (_, promise, _) in FRAMINGS.items() if promise in NAMES])
def test_a_server_that_reads_the_host_elsewhere_breaks_one_promise(sound: str, name: str) -> None:
    _, promise, front = FRAMINGS[name]
    with fronted(sound, front) as url:
        assert broken(url) == {promise: FOUND[name]}

"""`make soak`: a million mixed requests, or as many as ten minutes allow; ARGS="--requests N" asks for another number.

Each answer must be the pure engine's, byte for byte. Once 50,000 have filled journal and sessions, the server's memory
must stay flat. When all clients have gone, the server must hold no more descriptors and tasks than before the first,
and exactly the sessions that were asked for. Exit code 1 if anything is wrong. Loopback only.
"""

import argparse
import asyncio
import sys
import time

import uvloop

from tools.attack.mock import Mock, Readings, mock
from tools.soak.client import Tally, converse
from tools.soak.oracle import Oracle
from tools.soak.plan import CLIENTS, SCENARIO, accounts, plan

REQUESTS = 1_000_000
SECONDS = 570.0
"""Seconds after which no further request is sent."""
FULL_AFTER = 50_000
"""Answers after which journal and sessions are full, and memory may not grow. A smaller soak does not judge it."""
GROWTH = 20.0
"""MB by which memory may differ afterwards; the allocator's steps."""
SPARE = 4
"""Descriptors and tasks that may be more afterwards."""
LOOK, REPORT = 0.5, 30.0
"""Seconds between two looks at the clients, and between two lines about them."""
SETTLING = 10.0
"""Seconds in which the server must have let go of everything."""


def main() -> int:
    """Run the soak; print its figures and what is wrong. Return 1 if something is."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, help=f"how many ({REQUESTS:,})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"at most how long ({SECONDS:g})")
    parser.add_argument("--seed", type=int, default=0, help="chooses what is random (0)")
    options = parser.parse_args()
    tally = Tally(options.requests)
    oracle = Oracle(SCENARIO, accounts())
    with mock(scenario=SCENARIO, accounts=accounts()) as server:
        idle, begun = server.readings(), time.monotonic()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            full = runner.run(_soak(server, oracle, tally, options.seed, options.seconds))
        seconds = time.monotonic() - begun
        failures = [*tally.failures, *_rest(server, oracle, idle, full)]
    statuses = ", ".join(f"{count:,} × {status}" for status, count in sorted(tally.statuses.items()))
    print(f"{tally.answers:,} answers compared in {seconds:.0f} s ({tally.left_early:,} left early): {statuses}")
    for failure in failures:
        print(f"FAILED: {failure}")
    print("something is wrong" if failures else "every answer was right, and nothing has grown")
    return int(bool(failures))


async def _soak(server: Mock, oracle: Oracle, tally: Tally, seed: int, seconds: float) -> float | None:
    """Let all clients converse. Return the MB that the server held when it was full, or None if it never was."""
    begun, full = time.monotonic(), None
    clients = [asyncio.create_task(converse(server.port, plan(seed, n), oracle, tally)) for n in range(CLIENTS)]
    watch = asyncio.gather(*clients)
    report_at = REPORT
    while not watch.done():
        await asyncio.wait([watch], timeout=LOOK)
        passed = time.monotonic() - begun
        if full is None and tally.answers >= FULL_AFTER:
            full = server.rss()
        if passed >= report_at:
            report_at += REPORT
            print(
                f"{tally.answers:>9,} answers, {tally.answers / passed:,.0f} a second, {server.rss():.0f} MB",
                flush=True,
            )
        if passed >= seconds:
            tally.left = 0
    await watch
    return full


def _rest(server: Mock, oracle: Oracle, idle: Readings, full: float | None) -> list[str]:
    """Return what the server holds that it should have let go of, within some seconds."""
    if not server.is_alive():
        return ["the server has ended"]
    until = time.monotonic() + SETTLING
    while (grown := kept_back(idle, full, server.readings())) and time.monotonic() < until:
        time.sleep(0.5)
    with server.control() as control:
        kept = {session["id"] for session in control.get("/sessions", params={"limit": 1_000}).json()}
    strangers = sorted(kept ^ set(oracle.sessions))
    when_full = "too few answers to judge memory" if full is None else f"when full: {full:.0f} MB"
    print(f"at rest: {server.readings()}, {len(kept)} sessions; before: {idle}; {when_full}")
    return [*grown, *([f"sessions that only one side has: {strangers[:5]}"] if strangers else [])]


def kept_back(idle: Readings, full: float | None, now: Readings) -> list[str]:
    """Return what a server holds too much of, compared with before the first client and with when it was full."""
    most: dict[str, float] = {"descriptors": idle.descriptors + SPARE, "tasks": idle.tasks + SPARE}
    most |= {} if full is None else {"MB": full + GROWTH}
    held: dict[str, float] = {"MB": now.rss, "descriptors": now.descriptors, "tasks": now.tasks}
    return [
        f"{held[what]:.0f} {what}, expected at most {limit:.0f}" for what, limit in most.items() if held[what] > limit
    ]


if __name__ == "__main__":
    sys.exit(main())

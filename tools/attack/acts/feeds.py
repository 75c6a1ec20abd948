"""Feeds that nobody reads: they cost no throughput and no memory, and are dropped in the end."""

import asyncio
import time
from contextlib import ExitStack

from tools.attack.act import Act, Notes
from tools.attack.http import ask, connect, feed, message, request
from tools.attack.mock import TOKEN, Mock, mock

FEEDS = 200
SECONDS = 4.0
LEAST = 0.5
"""The share of the quiet server's throughput that must be left."""


def throughput(attacked: Mock, seconds: float = SECONDS) -> float:
    """Return how many requests are answered in a second, sixteen at a time."""

    async def main() -> int:
        count, until = 0, time.monotonic() + seconds
        raw = request("/v1/messages", message("hello", stream=True), x_api_key="sk_feeds")

        async def one() -> None:
            nonlocal count
            while time.monotonic() < until:
                await ask(attacked.port, raw)
                count += 1

        await asyncio.gather(*[one() for _ in range(16)])
        return count

    return asyncio.run(main()) / seconds


def run(notes: Notes) -> None:
    """Measure the throughput without feeds, and with two hundred that nobody reads."""
    with mock() as attacked, attacked.control() as control:
        control.get("/about")
        quiet = throughput(attacked)
        with notes.watched(attacked, fills=80), ExitStack() as feeds:
            for _ in range(FEEDS):
                sock = feeds.enter_context(connect(attacked.port))
                sock.sendall(feed(attacked.port, TOKEN))
            busy = throughput(attacked)
            notes.figure(f"{FEEDS} feeds: {busy:.0f}/s of {quiet:.0f}/s")
        notes.check(busy > LEAST * quiet, f"throughput falls from {quiet:.0f}/s to {busy:.0f}/s")


ACT = Act("feeds", "200 feeds that nobody reads", run)

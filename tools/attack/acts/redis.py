"""Faults between a server and its Redis: every answer is 200 or 503 within the limit, and every 200 is paid once."""

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tools.attack.act import Act, Notes
from tools.attack.http import ask, message, parsed, request
from tools.attack.mock import Mock, mock
from tools.attack.proxy import FaultProxy, Mode, proxied

CREDITS = 10_000
ACCOUNTS = f"accounts: [{{key: sk_paid, plan: enterprise, credits: {CREDITS}}}]"
SCENARIO = "scenario: attack\nturns: [{reply: hello, usage: {input: 600, output: 400}, times: always}]\n"
"""An answer costs one credit."""
MODES: tuple[Mode, ...] = ("late", "drops", "deaf", "mute", "cut")
EACH = 16
LIMIT = 6.0
"""Seconds within which an answer comes, whatever Redis does: five of patience, and some air."""


@contextmanager
def redis() -> Iterator[int]:
    """Yield the port of a Redis of our own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "Ready to accept connections" in line:
                    break
            yield port
        finally:
            process.kill()
            process.wait()


async def _asked(port: int, count: int) -> tuple[list[int], float]:
    """Return the statuses of requests, eight at a time, and the seconds of the latest."""
    raw, turns, latest = request("/v1/messages", message("hello"), x_api_key="sk_paid"), asyncio.Semaphore(8), 0.0

    async def one() -> int:
        nonlocal latest
        async with turns:
            start = time.monotonic()
            status = parsed(await ask(port, raw)).status
            latest = max(latest, time.monotonic() - start)
            return status

    return await asyncio.gather(*[one() for _ in range(count)]), latest


def _used(attacked: Mock) -> float:
    """Return what the account has spent."""
    with attacked.control() as control:
        answer = control.get("/sessions")
        if answer.status_code != 200:
            return -1.0
        left = [float(one["account"]["remaining"]) for one in answer.json() if one["account"]]
        return CREDITS * len(left) - sum(left)


def _break(notes: Notes, attacked: Mock, proxy: FaultProxy) -> int:
    """Go through every mode; return how many answers came with 200."""
    paid = 0
    for mode in MODES:
        proxy.set(mode)
        statuses, latest = asyncio.run(_asked(attacked.port, EACH))
        proxy.set("pass")
        paid += statuses.count(200)
        notes.figure(f"{mode}: {statuses.count(200)} of {EACH}, latest {latest:.1f} s")
        notes.check(set(statuses) <= {200, 503}, f"{mode}: statuses {set(statuses)}")
        notes.check(latest < LIMIT, f"{mode}: an answer came after {latest:.1f} s")
        healed = time.monotonic()
        while (back := asyncio.run(_asked(attacked.port, 1))[0]) != [200] and time.monotonic() < healed + LIMIT:
            pass
        notes.check(back == [200], f"{mode}: no answer of 200 within {LIMIT:.0f} s after it was over")
        paid += back.count(200)
    return paid


def run(notes: Notes) -> None:
    """Break the way to Redis in every way, and count the credits afterwards."""
    if shutil.which("redis-server") is None:
        notes.figure("left out: there is no redis-server here")
        return
    with ExitStack() as stack:
        proxy = stack.enter_context(proxied(stack.enter_context(redis())))
        store = f"redis://127.0.0.1:{proxy.port}"
        attacked = stack.enter_context(mock("--store", store, scenario=SCENARIO, accounts=ACCOUNTS))
        paid = _break(notes, attacked, proxy)
        until = time.monotonic() + LIMIT
        while (used := _used(attacked)) != paid and time.monotonic() < until:
            time.sleep(0.1)
    notes.figure(f"{used:g} credits for {paid} answers")
    notes.check(used == paid, f"{paid} answers of 200 cost {used:g} credits")


ACT = Act("redis", "latency, lost words both ways, cuts and drops between a server and its Redis", run)

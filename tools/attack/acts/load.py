"""Load with an oracle: what a crowd is answered is what one quiet client was answered, byte for byte."""

import asyncio
import re
from collections.abc import Sequence
from typing import NamedTuple

from tools.attack.act import Act, Notes
from tools.attack.http import ask, message, parsed, request
from tools.attack.mock import mock

CROWD = 64
"""Requests at a time."""
SESSIONS = 400
CREDITS = 100
ACCOUNTS = f"accounts: [{{key: sk_hundred, plan: enterprise, credits: {CREDITS}}}]"
TIMES = re.compile(rb'"created": ?\d+')
TEXTS = ("hello", "one tool", "cut off", "refuse", "error event", "paced")
PATHS = ("/v1/messages", "/v1/chat/completions", "/api/v1/chat/completions")


class Ask(NamedTuple):
    """One request, in a session of its own, and where it goes."""

    session: str
    raw: bytes


def asks(notes: Notes) -> list[Ask]:
    """Return mixed requests: both wires, streams, tools, faults, each in a session of its own."""
    found = []
    for number in range(SESSIONS):
        path, text = notes.random.choice(PATHS), f"{notes.random.choice(TEXTS)} {number}"
        body = message(text, path, stream=notes.random.random() < 0.5)
        raw = request(path, body, authorization="Bearer sk_load", x_mock_session=f"load-{number}")
        found.append(Ask(f"load-{number}", raw))
    return found


def same(raw: bytes) -> tuple[int, bytes]:
    """Return what must be the same in every run of an answer: not its framing and not its time."""
    answer = parsed(raw)
    return answer.status, TIMES.sub(b"", answer.body)


async def _all(port: int, sent: Sequence[Ask], at_a_time: int) -> dict[str, tuple[int, bytes]]:
    turns, found = asyncio.Semaphore(at_a_time), dict[str, tuple[int, bytes]]()

    async def one(asked: Ask) -> None:
        async with turns:
            found[asked.session] = same(await ask(port, asked.raw))

    await asyncio.gather(*[one(asked) for asked in sent])
    return found


async def _spend(port: int) -> list[int]:
    """Return the statuses of many requests at once on an account whose credits pay for some of them."""
    raw = request("/v1/messages", message("hello"), x_api_key="sk_hundred")
    return [parsed(answer).status for answer in await asyncio.gather(*[ask(port, raw) for _ in range(4 * CREDITS)])]


SPENT = """\
scenario: attack
turns: [{reply: hello, usage: {input: 600, output: 400}, times: always}]
"""
"""An answer of 1,000 tokens, which cost a credit."""


def run(notes: Notes) -> None:
    """Ask everything twice: alone and in a crowd; then spend an account empty from all sides."""
    sent = asks(notes)
    with mock() as quiet:
        alone = asyncio.run(_all(quiet.port, sent, 1))
    with mock() as busy, notes.watched(busy, fills=30):
        crowd = asyncio.run(_all(busy.port, notes.random.sample(sent, len(sent)), CROWD))
    wrong = [session for session, answer in crowd.items() if answer != alone[session]]
    notes.figure(f"{len(sent)} answers compared, {len(wrong)} differ")
    notes.check(not wrong, f"answers differ from those of a quiet server: {[(alone[n], crowd[n]) for n in wrong[:1]]}")
    with mock(scenario=SPENT, accounts=ACCOUNTS) as paid:
        statuses = asyncio.run(_spend(paid.port))
    answered = statuses.count(200)
    notes.figure(f"{answered} of {len(statuses)} answered on {CREDITS} credits")
    notes.check(answered == CREDITS, f"{answered} answers on {CREDITS} credits; statuses {set(statuses)}")


ACT = Act("load", "mixed requests of both wires in a crowd, each answer compared with a quiet server's", run)

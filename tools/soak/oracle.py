"""The oracle: the pure engine with the server's own files, and the sessions as they must be.

It makes each step that the server makes, in the same order within a session, and says which bytes the client must get.
The only thing that it cannot know is the time of the server's step, which OpenAI's `created` shows: both sides go
without it.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from mockserver.accounts.identify import Accounts
from mockserver.accounts.session import Session
from mockserver.core.actions import Actions, Data, End, Head
from mockserver.core.clock import SystemClock
from mockserver.engine.request import Request
from mockserver.engine.step import Engine, EngineSettings
from mockserver.files.accounts_file import load_accounts
from mockserver.files.contract import load_contract
from mockserver.files.library import load_library
from tools.soak.plan import SoakRequest

_TIMES = re.compile(rb'"created": ?\d+')


class ExpectedAnswer(NamedTuple):
    """What a client must get: the status, the body without times, and whether the answer ends properly."""

    status: int
    body: bytes
    ends: bool


class Oracle:
    """The engine, and every session that was ever asked for."""

    def __init__(self, scenario: str, accounts: str) -> None:
        contract = load_contract()
        with TemporaryDirectory(prefix="soak-") as name:
            folder = Path(name)
            (folder / "attack.yaml").write_text(scenario, encoding="utf-8")
            (folder / "accounts.yaml").write_text(accounts, encoding="utf-8")
            library = load_library(contract, str(folder / "attack.yaml"))
            known = Accounts(load_accounts(folder / "accounts.yaml"))
        self._engine = Engine(contract, library.scripts, EngineSettings(scenario=library.playing), known)
        self._clock = SystemClock()
        self._tickets = 0
        self.sessions: dict[str, Session] = {}

    def expect(self, asked: SoakRequest) -> ExpectedAnswer:
        """Make the step of a request, pay for it, and return its answer."""
        self._tickets += 1
        request = Request("POST", asked.path, asked.headers, asked.body, ticket=f"soak-{self._tickets}")
        arrival, now = self._engine.arrive(request), self._clock.now()
        id = arrival.session_id
        session = self.sessions.get(id or "") or Session(id or "")
        session, decision = self._engine.decide(session, arrival, now)
        if id is not None:
            self.sessions[id] = self._engine.settle(session, decision, frames_of(decision.actions), True)
        return expected(decision.actions)


def frames_of(actions: Actions) -> int:
    """Return the number of frames of an answer."""
    return sum(isinstance(action, Data) for action in actions)


def expected(actions: Actions) -> ExpectedAnswer:
    """Return what a client reads of an answer that is played to its end."""
    status = next((action.status for action in actions if isinstance(action, Head)), 0)
    body = b"".join([action.payload for action in actions if isinstance(action, Data)])
    return ExpectedAnswer(status, without_times(body), any(isinstance(action, End) for action in actions))


def without_times(body: bytes) -> bytes:
    """Return a body without what depends on the time of its making."""
    return _TIMES.sub(b"", body)


def difference(asked: SoakRequest, expected: ExpectedAnswer, status: int, body: bytes, whole: bool) -> str | None:
    """Return what is wrong with an answer, or None. Of one that the client left, the beginning must be right."""
    body = without_times(body)
    if asked.leaves:
        is_right = status == expected.status and expected.body.startswith(body)
    else:
        is_right = (status, body, whole) == expected
    if is_right:
        return None
    place = next((n for n, (a, b) in enumerate(zip(body, expected.body, strict=False)) if a != b), len(body))
    part = slice(max(0, place - 60), place + 60)
    return (
        f"{asked.path} {asked.body[-120:]!r}: expected {expected.status} of {len(expected.body)} bytes"
        f"{'' if expected.ends else ', cut'}, got {status} of {len(body)}{'' if whole else ', cut'}; "
        f"from byte {place}: expected {expected.body[part]!r}, got {body[part]!r}"
    )

"""What a session is: the small, frozen, serialisable value that a series of requests shares.

A session is named by the `x-mock-session` header, else by the API key, else it is the anonymous one. Everything that
one request can change for the next lives here, so that parallel sessions cannot disturb each other: how far each
scenario has been played, how many requests there were, the books of its accounts, the logins
that ended, and what time it is.

Time: a session's clock is a `Timeline` over the host's. It runs at some speed; at speed 0 it is virtual: it stands
still until it is advanced, and waiting costs nothing but advances it.
"""

import re
from collections.abc import Mapping

import msgspec

from mockserver.accounts import keys
from mockserver.accounts.ledger import Ledger
from mockserver.core.errors import Refusal

FORMAT = 2
"""The version of a session's stored form. Stores and exports carry it, so that none reads a form that it does not know.

2: the ledger of a session's own account has a name that no scenario can have.
"""

HEADER = "x-mock-session"
START = "start"
"""The named state in which every scenario begins."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}")


class Timeline(msgspec.Struct, frozen=True, gc=False):
    """A session's time: `origin` at the host's `anchor`, running at `speed` session seconds a host second."""

    origin: float = 0.0
    anchor: float = 0.0
    speed: float = 1.0

    @property
    def is_virtual(self) -> bool:
        """Whether it stands still until it is advanced."""
        return self.speed == 0.0

    def at(self, host: float) -> float:
        """The session's time at the host's; both in seconds since the epoch."""
        return self.origin + (host - self.anchor) * self.speed

    def advanced(self, host: float, seconds: float) -> "Timeline":
        """The same clock, `seconds` later."""
        return Timeline(self.at(host) + seconds, host, self.speed)


REAL = Timeline()

VIRTUAL_ORIGIN = 1_767_225_600.0
"""2026-01-01T00:00:00Z, when every virtual clock begins: the same bytes on every day."""


def start_clock(host: float, virtual: bool, speed: float = 1.0) -> Timeline:
    """The clock of new sessions of a server that starts at the host's time."""
    if virtual:
        return Timeline(VIRTUAL_ORIGIN, host, 0.0)
    return REAL if speed == 1.0 else Timeline(host, host, speed)


class Progress(msgspec.Struct, frozen=True, gc=False):
    """How far a scenario has been played.

    `hits`: turn number -> how often it was played; `state`: the named state; `used_up`: how many turns from the first
    have no plays left, so that a long script is not searched from its beginning; `edition`: the script's text, in
    short, so that a changed file begins anew.
    """

    hits: Mapping[int, int] = {}
    state: str = START
    used_up: int = 0
    edition: str = ""


NOT_BEGUN = Progress()


class ChaosMemory(msgspec.Struct, frozen=True, gc=False):
    """What chaos remembers: when it began, in seconds since the epoch, its profile, and how often each rule fired."""

    began: float
    profile: str
    fired: Mapping[int, int] = {}


class QueuedResponse(msgspec.Struct, frozen=True, gc=False):
    """An answer, or faults, for the next request that fits: the words of a turn as JSON; `times` None is always."""

    id: str
    words: str
    times: int | None = 1


class Overrides(msgspec.Struct, frozen=True, gc=False):
    """What a person has chosen for a session while it runs; see `steering`. None: nothing is chosen.

    `scenario` is a name; `pace` and `account` are the words of a file as JSON; `waiting` are the next answers, in
    order.
    """

    scenario: str | None = None
    pace: str | None = None
    account: str | None = None
    waiting: tuple[QueuedResponse, ...] = ()


UNSTEERED = Overrides()


class Session(msgspec.Struct, frozen=True, gc=False):
    """A session after `requests` requests; `progress` by the scenario's name.

    `ledgers` are the books by account; `revoked` are the logins that were logged out, with the last second of their
    tokens.
    """

    id: str
    seed: str = "0"
    requests: int = 0
    progress: Mapping[str, Progress] = {}
    clock: Timeline = REAL
    ledgers: Mapping[str, Ledger] = {}
    revoked: Mapping[str, int] = {}
    chaos: ChaosMemory | None = None
    began: float | None = None
    steering: Overrides = UNSTEERED

    def progress_of(self, scenario: str, edition: str = "") -> Progress:
        """How far this edition of a scenario has been played."""
        progress = self.progress.get(scenario, NOT_BEGUN)
        return progress if progress.edition == edition else Progress(edition=edition)

    def counted(self, now: float | None = None) -> "Session":
        """The session after one more request, the first of which is its beginning."""
        began = self.began if self.began is not None else now
        return msgspec.structs.replace(self, requests=self.requests + 1, began=began)

    def age(self, now: float) -> float:
        """How long it has been since the first request, in seconds of its own clock."""
        return 0.0 if self.began is None else max(0.0, now - self.began)

    def with_progress(self, scenario: str, progress: Progress) -> "Session":
        """The session with a scenario this far."""
        return msgspec.structs.replace(self, progress={**self.progress, scenario: progress})

    def advanced(self, host: float, seconds: float) -> "Session":
        """The session with its clock moved on."""
        return msgspec.structs.replace(self, clock=self.clock.advanced(host, seconds))

    def with_ledger(self, books: str, ledger: Ledger) -> "Session":
        """The session with one ledger changed."""
        return msgspec.structs.replace(self, ledgers={**self.ledgers, books: ledger})


def name_session(headers: Mapping[str, str]) -> str | None:
    """The session that a request belongs to, or None if its key is refused: that never makes a session.

    Raises `Refusal` 400 for a session header that is no name.
    """
    given = headers.get(HEADER)
    key = keys.key_of(headers)
    if key.startswith(keys.REFUSED_PREFIX):
        return None
    if given is None:
        return keys.session_of(key) if key else keys.ANONYMOUS
    if not _NAME.fullmatch(given):
        raise Refusal(
            400, "invalid_session", f"{HEADER}: up to 100 letters, digits and . _ : @ -, the first a letter or digit."
        )
    return given

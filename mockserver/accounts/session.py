"""The session: the small, frozen, serialisable value that a series of requests shares.

A session is named by the `x-mock-session` header, else by the API key, else it is the anonymous one. Everything that
one request can change for the next is in it, so that parallel sessions cannot disturb each other: progress through each
scenario, the number of requests, the ledgers of its accounts, ended logins, and the time.

A session's clock is a `Timeline` over the host's. It runs at some speed; at speed 0 it is virtual: it stands still
until it is advanced, and a wait takes no time but advances it.
"""

import re
from collections.abc import Mapping

import msgspec

from mockserver.accounts import keys
from mockserver.accounts.ledger import Ledger
from mockserver.core.errors import Refusal

FORMAT = 2
"""The version of a session's stored form. Stores and exports carry it, so that no server reads another form.

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
        """Whether the clock stands still until it is advanced."""
        return self.speed == 0.0

    def at(self, host: float) -> float:
        """Return the session's time at the host's time; both in seconds since the epoch."""
        return self.origin + (host - self.anchor) * self.speed

    def advanced(self, host: float, seconds: float) -> "Timeline":
        """Return the same clock, `seconds` later."""
        return Timeline(self.at(host) + seconds, host, self.speed)


REAL = Timeline()

VIRTUAL_ORIGIN = 1_767_225_600.0
"""2026-01-01T00:00:00Z: every virtual clock starts here, so that answers are the same on every day."""


def start_clock(host: float, virtual: bool, speed: float = 1.0) -> Timeline:
    """Return the clock of new sessions on a server that starts at this host time."""
    if virtual:
        return Timeline(VIRTUAL_ORIGIN, host, 0.0)
    return REAL if speed == 1.0 else Timeline(host, host, speed)


class Progress(msgspec.Struct, frozen=True, gc=False):
    """How far a scenario has been played.

    `hits` maps a turn's number to its plays; `state` is the named state. `used_up` counts the turns at the beginning
    without plays left, so that a long script is not searched from its first turn. `edition` is a digest of the script's
    text: a changed file begins from the start.
    """

    hits: Mapping[int, int] = {}
    state: str = START
    used_up: int = 0
    edition: str = ""


NOT_BEGUN = Progress()


class ChaosMemory(msgspec.Struct, frozen=True, gc=False):
    """Chaos in a session: its profile, its start in seconds since the epoch, and how often each rule fired."""

    began: float
    profile: str
    fired: Mapping[int, int] = {}


class QueuedResponse(msgspec.Struct, frozen=True, gc=False):
    """An answer, or faults, for the next matching request. `words` is a turn as JSON; `times` None means always."""

    id: str
    words: str
    times: int | None = 1


class Overrides(msgspec.Struct, frozen=True, gc=False):
    """What was chosen for a session while it runs, see `engine.overrides`; None where nothing was.

    `scenario` is a name; `pace` and `account` are written as in a file, as JSON; `queued` are the queued responses, in
    order. The stored form calls them `waiting`.
    """

    scenario: str | None = None
    pace: str | None = None
    account: str | None = None
    queued: tuple[QueuedResponse, ...] = msgspec.field(default=(), name="waiting")


NO_OVERRIDES = Overrides()


class KeptThread(msgspec.Struct, frozen=True, gc=False):
    """A message that a thread can be continued from: its id, and the conversation up to it as JSON.

    `conversation` is None once the thread was continued after this message.
    """

    message: str
    conversation: bytes | None


class CachedPrefix(msgspec.Struct, frozen=True, gc=False):
    """A prefix of a prompt in the cache: its digest, its lifetime in seconds, and when it expires."""

    digest: bytes
    lifetime: int
    expires: float


class Session(msgspec.Struct, frozen=True, gc=False):
    """A session after `requests` requests.

    `progress` is by scenario name, `ledgers` by `ledger_name`. `revoked` maps each ended login to the second in which
    its last token expires. `began` is the time of the first request, in seconds since the epoch. `threads` are message
    threads, see `engine.threads`. `cached` is the prompt cache, see `engine.prompt_cache`; the prefix used last is its
    last. The stored form calls `overrides` `steering`.
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
    overrides: Overrides = msgspec.field(default=NO_OVERRIDES, name="steering")
    threads: tuple[KeptThread, ...] = ()
    cached: tuple[CachedPrefix, ...] = ()

    def progress_of(self, scenario: str, edition: str = "") -> Progress:
        """Return the progress through this edition of a scenario."""
        progress = self.progress.get(scenario, NOT_BEGUN)
        return progress if progress.edition == edition else Progress(edition=edition)

    def counted(self, now: float | None = None) -> "Session":
        """Return the session after one more request at this time; the first one sets `began`."""
        began = self.began if self.began is not None else now
        return msgspec.structs.replace(self, requests=self.requests + 1, began=began)

    def age(self, now: float) -> float:
        """Return the time since the first request, in seconds of the session's clock."""
        return 0.0 if self.began is None else max(0.0, now - self.began)

    def with_progress(self, scenario: str, progress: Progress) -> "Session":
        """Return the session with this progress through a scenario."""
        return msgspec.structs.replace(self, progress={**self.progress, scenario: progress})

    def advanced(self, host: float, seconds: float) -> "Session":
        """Return the session with its clock advanced."""
        return msgspec.structs.replace(self, clock=self.clock.advanced(host, seconds))

    def with_ledger(self, name: str, ledger: Ledger) -> "Session":
        """Return the session with one ledger replaced."""
        return msgspec.structs.replace(self, ledgers={**self.ledgers, name: ledger})


def name_session(headers: Mapping[str, str]) -> str | None:
    """Return the name of a request's session, or None if its key is refused: that never makes a session.

    Raises `Refusal` 400 for an invalid name in the session header.
    """
    name = headers.get(HEADER)
    key = keys.key_of(headers)
    if key.startswith(keys.REFUSED_PREFIX):
        return None
    if name is None:
        return keys.session_of(key) if key else keys.ANONYMOUS
    if not _NAME.fullmatch(name):
        raise Refusal(
            400, "invalid_session", f"{HEADER}: up to 100 letters, digits and . _ : @ -, the first a letter or digit."
        )
    return name

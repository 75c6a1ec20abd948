"""Requests to a target as bytes, each on a connection of its own, and an ordinary one that costs nothing to ask.

A target that leaves some of them unanswered is left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mockserver.contracts.client import Client, NotExaminable
from mockserver.contracts.document import OperationSpec
from mockserver.contracts.document_requests import request_of
from mockserver.contracts.exchange import SentRequest
from mockserver.contracts.raw_answers import RawAnswers

QUIET = ("credits_balance", "models", "models_v1", "me")
"""Operations that are asked as the ordinary request, if the contract has them."""

MOST_SILENT = 2
"""Requests without an answer, after which a target is left alone: each takes its full time."""

NOWHERE = "/gate-hidden-request"


@dataclass
class RawRequests:
    """The bytes of requests to one target, the ordinary request, and what that is answered."""

    client: Client
    quiet: OperationSpec
    status: int = 0
    hidden_status: int = 0
    silent: int = 0

    @classmethod
    def prepared(cls, client: Client) -> "RawRequests":
        """Return what sends bytes. Raises `NotExaminable` if the target answers no ordinary request so."""
        found = [one for one in client.document.operations.values() if one.method == "GET" and "{" not in one.path]
        named = [one for name in QUIET for one in found if one.name == name]
        trouble = ""
        for quiet in (named or found)[:3]:
            wire = cls(client, quiet)
            answers = wire.ask(wire.ordinary())
            statuses, trouble = answers.statuses, f": {answers.trouble}" if answers.trouble else ""
            if len(statuses) == 1 and 200 <= statuses[0] < 300:
                wire.status = statuses[0]
                wire.hidden_status = wire.first(wire.ordinary(NOWHERE))
                return wire
        raise NotExaminable(f"no GET of the contract is answered 2xx on a connection of its own{trouble}")

    def request(
        self,
        method: str,
        path: str,
        lines: bytes = b"",
        body: bytes = b"",
        *,
        origin: str = "",
        hosts: Sequence[str] | None = None,
    ) -> bytes:
        """Return a request with a credential. `lines` are the last of its head, `origin` makes its target absolute.

        `hosts` are the values of its Host headers; the target's own host if there are none given.
        """
        raw, sent = self.client.raw, self.client.authorized(self.quiet, SentRequest(method, path))
        fields = [("Host", host) for host in ((raw.host,) if hosts is None else hosts)]
        fields += [*sent.headers.items(), ("Content-Type", "application/json")]
        start = f"{method} {origin}{raw.root}{sent.path} HTTP/1.1\r\n"
        head = start + "".join(f"{name}: {value}\r\n" for name, value in fields)
        return head.encode("latin-1", "replace") + lines + b"\r\n" + body

    def ordinary(self, path: str = "", *, origin: str = "", hosts: Sequence[str] | None = None) -> bytes:
        """Return the ordinary request, which asks the target to close; or one that differs from it."""
        shown = request_of(self.quiet).path  # with the values that the document shows for its query
        return self.request("GET", path or shown, b"Connection: close\r\n", origin=origin, hosts=hosts)

    def first(self, *pieces: bytes) -> int:
        """Send pieces on one connection. Return the status of the first answer; 0 without one."""
        return (*self.ask(*pieces).statuses, 0)[0]

    def ask(self, *pieces: bytes) -> RawAnswers:
        """Send pieces on one connection, and count what is not answered. Raises `NotExaminable` after too many."""
        answers = self.client.raw(pieces)
        self.silent += answers.is_silent and not answers.statuses
        if self.silent > MOST_SILENT:
            raise NotExaminable(f"{self.silent} malformed requests were not answered in time")
        return answers

"""What comes back on a connection to which bytes were sent that no HTTP client sends.

`read_answers` finds the answers in it with h11. `RawSender` is what a probe sends the bytes with; the gate's own is in
`mockserver/gate/raw_sender.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import h11


@dataclass(frozen=True)
class RawAnswers:
    """The statuses of the answers on one connection, in their order.

    `is_closed` says whether the target closed the connection, `is_silent` whether an answer was owed when the time was
    over. `trouble` says why there was no connection, or what came that is no HTTP.
    """

    statuses: tuple[int, ...] = ()
    is_closed: bool = False
    is_silent: bool = False
    trouble: str = ""


class RawSender(Protocol):
    """Sends bytes on a connection of its own.

    `host` is the target's Host header, `origin` the same with its scheme, `root` the path of its URL.
    """

    host: str
    origin: str
    root: str

    def __call__(self, pieces: Sequence[bytes]) -> RawAnswers:
        """Send the pieces, each when the one before it is answered, then wait until the target closes.

        Pieces that are left when the target closes are not sent.
        """
        ...


def read_answers(came: bytes, *, is_closed: bool) -> tuple[tuple[int, ...], str]:
    """Return the statuses of the complete answers, and what is wrong with the bytes after them, if anything is.

    `is_closed`: nothing more will come, which ends a body without a length.
    """
    statuses: list[int] = []
    while came:
        try:
            status, came = _next(came, is_closed)
        except h11.RemoteProtocolError as error:
            return tuple(statuses), f"no HTTP: {error}"
        if not status:
            break
        statuses.append(status)
    return tuple(statuses), ""


def _next(came: bytes, is_closed: bool) -> tuple[int, bytes]:
    """Return the status of the first answer and what follows it; status 0 if it is not complete."""
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=[("host", "target")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(came)
    if is_closed:
        reader.receive_data(b"")
    status = 0
    while True:
        event = reader.next_event()
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.EndOfMessage):
            return status, reader.trailing_data[0]
        elif not isinstance(event, h11.InformationalResponse | h11.Data):
            return 0, came

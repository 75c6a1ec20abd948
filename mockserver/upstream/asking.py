"""One request of our own to an upstream, over the pass-through: the same rules, the same reading of the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias
from urllib.parse import quote

from mockserver.engine.request import Request
from mockserver.recording.exchange import RecordedExchange
from mockserver.server.asgi_outlet import ConnectionBroken
from mockserver.server.asgi_types import Message, Scope
from mockserver.upstream.passthrough import PassThrough

Ask: TypeAlias = Callable[[Request], Awaitable[tuple[RecordedExchange, str]]]
"""Returns the exchange of a request, and why there is none to speak of (an empty string: there is)."""


def asking(passthrough: PassThrough) -> Ask:
    """Return what asks the upstream of a pass-through."""

    async def ask(request: Request) -> tuple[RecordedExchange, str]:
        reports: list[tuple[RecordedExchange, str]] = []
        with suppress(ConnectionBroken):  # the exchange says how the answer ended
            await passthrough.carry(
                _scope(request), request.body, False, Patient().receive, _drop, lambda *report: reports.append(report)
            )
        return reports[0]

    return ask


class Patient:
    """A client that stays."""

    async def receive(self) -> Message:
        """Wait for ever: this client never leaves."""
        never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        return await never


async def _drop(message: Message) -> None:
    """Take a piece of the answer; the exchange has it."""


def _scope(request: Request) -> Scope:
    return {
        "type": "http",
        "method": request.method,
        "path": request.path,
        "raw_path": quote(request.path, safe="/:@!$&'()*+,;=~%").encode("ascii"),
        "query_string": request.query.encode("latin-1"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()],
    }

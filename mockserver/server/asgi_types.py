"""The types of ASGI, as far as the mock uses them."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Protocol, TypeAlias

Message: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

Scope: TypeAlias = Mapping[str, object]
"""What ASGI tells the application about a connection or a request."""


class Application(Protocol):
    """An ASGI application."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one connection."""
        ...

"""The types of ASGI, as far as the mock uses them."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Protocol, TypeAlias, runtime_checkable

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


@runtime_checkable
class ClosableApplication(Protocol):
    """An application with something to close when its server has ended, such as connections of its own."""

    async def aclose(self) -> None:
        """Close it."""
        ...

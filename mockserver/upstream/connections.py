"""Connections to the upstream, by httpcore2: the HTTP client below httpx2, which the official SDKs use.

It fits a proxy better than httpx2 itself: it sends the headers that it is given and no others, follows no redirect,
decompresses nothing, reads no proxy from the environment, and takes a network backend, so that connections go to
addresses which were checked at the start while TLS still verifies the name.
"""

import ssl
from collections.abc import Iterable, Sequence

import httpcore2

from mockserver.upstream.coalescing import CoalescingStream

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 600.0
"""Between two pieces of an answer. The client decides whether that is too long, and usually earlier."""
IDLE_SECONDS = 4.0
"""An idle connection is used again for so long; then the upstream may be about to close it."""

TIMEOUTS = {"connect": CONNECT_SECONDS, "read": SILENT_SECONDS, "write": SILENT_SECONDS}


class PinnedBackend(httpcore2.AsyncNetworkBackend):
    """A network with one machine on it: every connection goes to one of these addresses, whatever its host."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address that answers. Raises `ConnectError` or `ConnectTimeout` if none does."""
        *others, last = self._addresses
        for address in others:
            try:
                return await self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._connect(last, port, timeout, local_address, socket_options)

    async def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None,
    ) -> httpcore2.AsyncNetworkStream:
        stream = await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
        return CoalescingStream(stream)


def open_pool(addresses: Sequence[str], context: ssl.SSLContext | None = None) -> httpcore2.AsyncConnectionPool:
    """Return a pool of connections to these addresses, which opens as many as there are requests at once.

    `context` replaces the system's certificates.
    """
    return httpcore2.AsyncConnectionPool(
        ssl_context=context,
        max_connections=None,
        max_keepalive_connections=100,
        keepalive_expiry=IDLE_SECONDS,
        network_backend=PinnedBackend(addresses),
    )

"""The address of an upstream: read and resolved once, at the start, and fixed from then on.

Rules:

- The URL has a scheme (http or https), a host, and perhaps a port and a path. Credentials in it are refused: the
  client sends its own.
- The name is resolved once. No later DNS answer can send a client's key to another machine.
- An address that is not public (loopback, private, link-local such as the metadata service of a cloud, multicast) is
  refused unless the operator allows it. That holds for an IPv4 address inside an IPv6 one too.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec

from mockserver.core.errors import OperatorError

PORTS = {"http": 80, "https": 443}
"""The schemes of an upstream, with the port of each."""

_NAT64 = IPv6Network("64:ff9b::/96")
_PRINTED = range(0x21, 0x7F)

Resolve: TypeAlias = Callable[[str, int], tuple[str, ...]]
"""Returns the addresses of a host. Raises `OSError`."""


class UpstreamAddress(msgspec.Struct, frozen=True):
    """The gateway behind: what its URL says, and the addresses that its host had at the start."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def authority(self) -> str:
        """The value of the `host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL, for people."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def warnings(self) -> list[str]:
        """What the operator should know of it: keys may cross a network unencrypted on their way there."""
        is_safe = self.scheme == "https" or all(ip_address(address).is_loopback for address in self.addresses)
        return [] if is_safe else ["Warning: the upstream's URL is plain http, so keys cross the network unencrypted."]


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a host, in the order of the system. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def upstream_at(url: str, *, allow_private: bool = False, resolve: Resolve = resolve) -> UpstreamAddress:
    """Return the upstream at a URL. Raises `OperatorError` if the URL is invalid, unknown or not allowed."""
    scheme, host, port, path = _parts(url)
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OperatorError(f"--upstream: the host '{host}' is unknown: {reason}") from None
    private = [address for address in addresses if not is_public(address)]
    if private and not allow_private:
        raise OperatorError(
            f"--upstream: '{host}' has the address {private[0]}, which is not public; allow it with --allow-private"
        )
    return UpstreamAddress(scheme, host, port, path, addresses)


def _parts(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path of a URL. Raises `OperatorError`."""
    wanted = "expected a URL such as https://gateway.example"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OperatorError(f"--upstream: {error}; {wanted}") from None
    if parts.username is not None or parts.password is not None:
        raise OperatorError("--upstream: the URL has credentials; the client sends its own, so leave them out")
    if parts.scheme not in PORTS or not parts.hostname:
        raise OperatorError(f"--upstream: {wanted}")
    if parts.query or parts.fragment or any(ord(character) not in _PRINTED for character in url):
        raise OperatorError(f"--upstream: {wanted}, without a query, a fragment or spaces")
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme], parts.path.rstrip("/")


def is_public(text: str) -> bool:
    """Return whether an address, and every IPv4 address inside it, belongs to the public internet."""
    address = ip_address(text)
    inside = _inside(address)
    if inside is not None:
        return is_public(str(inside))
    return address.is_global and not address.is_multicast


def _inside(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to (mapped, 6to4, Teredo, NAT64), or None."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (None if teredo is None else teredo[1])

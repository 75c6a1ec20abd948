"""What a server in the foreground prints at its start: warnings, and the settings of a client."""

from ipaddress import ip_address
from socket import socket

from mockserver.wires import WIRES

KEY = "sk_test"
"""A key that every mock takes."""


def sdk_settings(url: str, key: str = KEY) -> str:
    """Return the variables that point each official SDK at a server, as lines for people."""
    lines = []
    for sdk in dict.fromkeys([wire.sdk for wire in WIRES.values()]):
        lines += [f"  {sdk.title:<16}{sdk.url_variable}={url}{sdk.base_path}", f"{'':18}{sdk.key_variable}={key}"]
    return "\n".join([*lines, ""])


def exposure(sock: socket, remark: str = "") -> list[str]:
    """Return a warning, with a remark at its end, if other machines can reach the server."""
    host = sock.getsockname()[0]
    if ip_address(host.partition("%")[0]).is_loopback:
        return []
    return [f"Warning: on {host} every machine in the network can reach the gateway{remark}."]

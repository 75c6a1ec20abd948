"""The address of an upstream: fixed at the start, and public unless the operator says otherwise."""

import socket

import pytest

from mockserver.core.errors import OperatorError
from mockserver.upstream.address import UpstreamAddress, is_public, resolve, upstream_at

PUBLIC = "93.184.216.34"


def at(url: str, *addresses: str, allow_private: bool = False) -> UpstreamAddress:
    """Return the upstream at a URL whose host has these addresses."""
    return upstream_at(url, allow_private=allow_private, resolve=lambda host, port: addresses or (PUBLIC,))


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://gateway.example", "gateway.example", ""),
        ("https://Gateway.Example:443/", "gateway.example", ""),
        ("http://gateway.example:8000/base/", "gateway.example:8000", "/base"),
        ("https://[2606:2800::1]:8443", "[2606:2800::1]:8443", ""),
    ],
)
def test_a_url_is_read(url: str, authority: str, path: str) -> None:
    upstream = at(url)
    assert (upstream.authority, upstream.path, upstream.addresses) == (authority, path, (PUBLIC,))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("gateway.example", "expected a URL such as https://gateway.example"),
        ("ftp://gateway.example", "expected a URL such as https://gateway.example"),
        ("https://", "expected a URL such as https://gateway.example"),
        ("https://user:secret@gateway.example", "the URL has credentials; the client sends its own"),
        ("https://gateway.example/?key=1", "without a query, a fragment or spaces"),
        ("https://gateway.example/#part", "without a query, a fragment or spaces"),
        ("https://gateway.example/a b", "without a query, a fragment or spaces"),
        ("https://gateway.example:99999", "expected a URL such as https://gateway.example"),
    ],
)
def test_a_url_that_is_none_is_refused_with_the_reason(url: str, words: str) -> None:
    with pytest.raises(OperatorError, match=words) as caught:
        at(url)
    assert "secret" not in str(caught.value)


def test_an_unknown_host_is_named() -> None:
    def unknown(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(OperatorError, match=r"the host 'nowhere\.example' is unknown: Name or service not known"):
        upstream_at("https://nowhere.example", resolve=unknown)


NOT_PUBLIC = [
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
    *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(OperatorError, match="which is not public; allow it with --allow-private"):
        at("https://gateway.example", address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_a_public_address_is_taken(address: str) -> None:
    assert at("https://gateway.example", address).addresses == (address,)


def test_one_private_address_among_public_ones_is_refused() -> None:
    with pytest.raises(OperatorError, match=r"has the address 10\.0\.0\.1"):
        at("https://gateway.example", PUBLIC, "10.0.0.1")


def test_a_private_address_can_be_allowed() -> None:
    assert at("http://gateway.example", "10.0.0.1", allow_private=True).addresses == ("10.0.0.1",)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_loopback_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(OperatorError, match=r"--allow-private|is unknown"):
        upstream_at(f"http://{host}:8000")


def test_the_system_resolves_a_name_once_for_each_address() -> None:
    assert resolve("127.0.0.1", 80) == ("127.0.0.1",)


@pytest.mark.parametrize(
    ("url", "address", "exposed"),
    [
        ("http://gateway.example", PUBLIC, True),
        ("https://gateway.example", PUBLIC, False),
        ("http://localhost", "127.0.0.1", False),
    ],
)
def test_plain_http_beyond_this_machine_exposes_keys(url: str, address: str, exposed: bool) -> None:
    assert bool(at(url, address, allow_private=True).warnings) is exposed


def test_a_teredo_address_leads_to_its_client() -> None:
    assert not is_public("2001:0:4136:e378:8000:63bf:3fff:fdd2")

"""A plugin of the suite: the certificates of the world are read once, not for every client.

Each httpx client reads them when it is made, which takes 20 ms, and the tests make thousands of clients that only
speak plain HTTP on loopback. A test of TLS makes its context without a file, and gets one of its own.
"""

import ssl
from collections.abc import Iterator
from functools import cache, wraps
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def certificates_are_read_once() -> Iterator[None]:
    """Share the context that trusts the certificates of a file, as every HTTP client asks for one."""
    make = ssl.create_default_context
    trusting = cache(make)

    @wraps(make)
    def context(*purpose: ssl.Purpose, **options: Any) -> ssl.SSLContext:
        return trusting(*purpose, **options) if options.keys() == {"cafile"} else make(*purpose, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", context)
        yield

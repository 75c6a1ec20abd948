"""The pytest plugin: the fixtures `gateway` and `gateway_session`, and the marker `gateway`.

Installed with the package and inert until used: nothing but pytest is imported before a test asks for a fixture.

- `gateway`: a session of its own on the one server of this process, on a virtual clock. Safe under pytest-xdist (each
  worker has its server), with asyncio and trio, and with clients in threads and subprocesses.
- `gateway_session`: the same for all tests of the run, for a client that lives as long.
- `@pytest.mark.gateway(scenario=…, seed=…, account=…, chaos=…, strict=…)`: what the test's gateway begins with.

A test that ends well still fails if a request matched nothing, a turn marked `must` was not played, or the mock failed.
A test that fails gets a section in its report: what the client sent and what it was given.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.testing.gateway import GatewaySession
    from mockserver.testing.server_thread import ServerThread

GATEWAYS = pytest.StashKey["GatewaySession"]()
"""Where an item keeps its gateway, for the hook that judges it."""

OPTIONS = ("scenario", "seed", "account", "chaos", "strict")
"""What the marker takes."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker. Raise `UsageError` where another distribution has overwritten files of this one."""
    from mockserver.files.installation import find_conflict

    conflict = find_conflict()
    if conflict is not None:
        raise pytest.UsageError(conflict)
    config.addinivalue_line(
        "markers", f"gateway({', '.join([f'{name}=…' for name in OPTIONS])}): what the fixture `gateway` begins with."
    )


@pytest.fixture(scope="session")
def mockserver_host() -> Iterator[ServerThread]:
    """The one server of this process."""
    from mockserver.testing.server_thread import server_thread

    with server_thread() as host:
        yield host


@pytest.fixture
def gateway(request: pytest.FixtureRequest, mockserver_host: ServerThread) -> Iterator[GatewaySession]:
    """A gateway for this test alone."""
    options = _options(request.node)
    yield from _session(mockserver_host, request.node.nodeid, options, request.node)


@pytest.fixture(scope="session")
def gateway_session(mockserver_host: ServerThread) -> Iterator[GatewaySession]:
    """A gateway for all tests of this run."""
    for session in _session(mockserver_host, "session", {}, None):
        yield session
        session.check()


def _session(
    host: ServerThread, name: str, options: dict[str, Any], item: pytest.Item | None
) -> Iterator[GatewaySession]:
    from mockserver.testing.gateway import GatewaySession

    chaos = options.pop("chaos", None)
    session = GatewaySession(host, name, **options)
    try:
        if chaos is not None:
            session.chaos(chaos)
        if item is not None:
            item.stash[GATEWAYS] = session
        yield session
    finally:
        session.close()


def _options(item: pytest.Item) -> dict[str, Any]:
    """The words of the markers, the nearest first; an unknown one is an error."""
    found: dict[str, Any] = {}
    for marker in item.iter_markers("gateway"):
        words = dict(marker.kwargs)
        if marker.args:
            words["scenario"], *more = marker.args
            if more:
                pytest.fail("@pytest.mark.gateway takes one scenario; everything else by its name", pytrace=False)
        for name, value in words.items():
            if name not in OPTIONS:
                from mockserver.core.errors import did_you_mean

                pytest.fail(f"@pytest.mark.gateway has no '{name}'; {did_you_mean(name, OPTIONS)}", pytrace=False)
            found.setdefault(name, value)
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge a test that has ended well; add to the report of one that has not."""
    try:
        result = yield
    except BaseException:
        if GATEWAYS in item.stash:
            gateway = item.stash[GATEWAYS]
            item.add_report_section("call", "gateway", gateway.told())
        raise
    if GATEWAYS in item.stash:
        gateway = item.stash[GATEWAYS]
        lines = gateway.problems()
        if lines:
            pytest.fail(gateway.report(lines), pytrace=False)
    return result

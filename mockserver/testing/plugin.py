"""The pytest plugin: the fixtures `gateway` and `gateway_session`, and the marker `gateway`.

Installed with the package, and inert until used: it imports nothing but pytest before a test requests a fixture.

- `gateway`: a session of its own on the one server of this process, on a virtual clock. Safe under pytest-xdist (each
  worker has its server), with asyncio and trio, and with clients in threads and subprocesses.
- `gateway_session`: one session for all tests of the run, for a client that lives as long.
- `@pytest.mark.gateway(scenario=…, seed=…, account=…, chaos=…, strict=…, lenient=…, extensions=…)`: the initial state
  of the test's gateway. Tests with the same extensions share one server.
- `--gateway-coverage`: which documented situations the clients have met (docs/coverage.md), see `coverage_plugin`.
- `@pytest.mark.gateway(record=True)` replays the test's recording, or makes it: `--gateway-record`, see `recordings`.

A passing test still fails if a request matched nothing, a turn marked `must` was not played, or the mock had an
internal error. A failing test gets a section in its report: what the client sent, and what it received.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from mockserver.testing.gateway import GatewaySession
    from mockserver.testing.recordings import GatewayRecording
    from mockserver.testing.server_thread import ServerThread

GATEWAYS = pytest.StashKey["GatewaySession | None"]()
"""The key under which an item keeps its gateway, for the hook that checks it."""

OPTIONS = ("scenario", "seed", "account", "chaos", "strict", "lenient", "extensions", "record")
"""The arguments of the marker."""

MARKER = "@pytest.mark.gateway"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker. Raise `UsageError` where another distribution has overwritten files of this one."""
    from mockserver.files.installation import find_conflict

    conflict = find_conflict()
    if conflict is not None:
        raise pytest.UsageError(conflict)
    config.addinivalue_line(
        "markers", f"gateway({', '.join([f'{name}=…' for name in OPTIONS])}): set up the fixture `gateway`."
    )
    from mockserver.testing.coverage_options import is_wanted

    if is_wanted(config):
        from mockserver.testing.coverage_plugin import GatewayCoveragePlugin

        config.pluginmanager.register(GatewayCoveragePlugin(config), "ainative_gateway_coverage")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of recordings and of the coverage."""
    from mockserver.testing.coverage_options import add_options

    group = parser.getgroup("gateway", "recordings of the fixture `gateway`")
    group.addoption(
        "--gateway-record",
        choices=("none", "once", "new", "all"),
        help="What tests with record= do: replay only, record what has no file, record what is missing, or record "
        "everything anew. Default: none where CI is set, else what the marker says.",
    )
    group.addoption("--gateway-upstream", metavar="URL", help="Gateway to record; default: GATEWAY_UPSTREAM.")
    group.addoption("--gateway-allow-private", action="store_true", help="Allow a gateway whose address is not public.")
    add_options(parser)


@pytest.fixture(scope="session")
def mockserver_hosts() -> Iterator[Callable[[Sequence[str]], ServerThread]]:
    """Yield the function that returns this process's server with some extensions. It starts with the first call."""
    from mockserver.testing.server_thread import server_thread

    servers: dict[tuple[str, ...], ServerThread] = {}
    with ExitStack() as stack:

        def host(extensions: Sequence[str]) -> ServerThread:
            names = tuple(extensions)
            if names not in servers:
                servers[names] = stack.enter_context(server_thread(extensions=names))
            return servers[names]

        yield host


@pytest.fixture(scope="session")
def mockserver_host(mockserver_hosts: Callable[[Sequence[str]], ServerThread]) -> ServerThread:
    """Return the one server of this process without extensions."""
    return mockserver_hosts(())


@pytest.fixture
def gateway(
    request: pytest.FixtureRequest, mockserver_hosts: Callable[[Sequence[str]], ServerThread]
) -> Iterator[GatewaySession]:
    """Yield a gateway for this test alone."""
    options = _options(request.node)
    recording = _recording(request.node, options)
    server = _host(mockserver_hosts, options.pop("extensions", ()), request.node)
    for session in _session(server, request.node.nodeid, options, request.node):
        if recording is None:
            yield session
        else:
            with _failing(request.node):
                recording.begin(server, session.session)
            yield session
            with _failing(request.node):
                recording.finish()


@pytest.fixture(scope="session")
def gateway_session(mockserver_host: ServerThread) -> Iterator[GatewaySession]:
    """Yield a gateway for all tests of this run."""
    for session in _session(mockserver_host, "session", {}, None):
        yield session
        session.check()


def _recording(item: pytest.Item, options: dict[str, Any]) -> GatewayRecording | None:
    """Return the recording of a test whose marker has `record`, or None; its file becomes the scenario."""
    marked = options.pop("record", None)
    if marked is None or marked is False:
        return None
    import os

    from mockserver.testing.recordings import UPSTREAM, GatewayRecording, chosen_mode, recording_file

    if "scenario" in options:
        _fail(item, "scenario and record exclude each other: a recording is the scenario")
    config = item.config
    with _failing(item):
        mode = chosen_mode(config.getoption("--gateway-record"), marked, os.environ)
        upstream = config.getoption("--gateway-upstream") or os.environ.get(UPSTREAM)
        path = recording_file(item.path, item.nodeid.partition("::")[2])
        allow_private = bool(config.getoption("--gateway-allow-private"))
        recording = GatewayRecording(path, mode, item.nodeid, upstream, allow_private=allow_private)
    if recording.scenario is not None:
        options["scenario"] = recording.scenario
    return recording


@contextmanager
def _failing(item: pytest.Item) -> Iterator[None]:
    """Fail a test for a mistake of its caller, with the place of the test."""
    from mockserver.core.errors import MockserverError

    try:
        yield
    except MockserverError as error:
        _fail(item, str(error))


def _host(
    hosts: Callable[[Sequence[str]], ServerThread], extensions: str | Sequence[str], item: pytest.Item
) -> ServerThread:
    """Return the server with the extensions that the marker names. Fail the test for an unknown one."""
    from mockserver.core.errors import MockserverError
    from mockserver.files.contract import split_names
    from mockserver.testing.arguments import check_arguments

    try:
        check_arguments(MARKER, {"extensions": extensions})
        return hosts(split_names([extensions] if isinstance(extensions, str) else extensions))
    except MockserverError as error:
        _fail(item, str(error))


def _session(
    server: ServerThread, name: str, options: dict[str, Any], item: pytest.Item | None
) -> Iterator[GatewaySession]:
    session = _begin(server, name, options, item)
    try:
        if item is not None:
            item.stash[GATEWAYS] = session
        yield session
    finally:
        if item is not None:
            item.stash[GATEWAYS] = None  # items live to the end of the run; their gateways need not
        session.close()


def _begin(server: ServerThread, name: str, options: dict[str, Any], item: pytest.Item | None) -> GatewaySession:
    """Return a session in the state that the marker says. Fail the test for a wrong value."""
    from mockserver.core.errors import MockserverError
    from mockserver.testing.arguments import check_arguments
    from mockserver.testing.gateway import GatewaySession

    chaos = options.pop("chaos", None)
    try:
        check_arguments(MARKER, {"chaos": chaos, **options})
        session = GatewaySession(server, name, **options)
        if chaos is not None:
            session.chaos(chaos)
    except MockserverError as error:
        if item is None:
            raise
        _fail(item, str(error))
    return session


def _fail(item: pytest.Item, message: str) -> NoReturn:
    """Fail a test because of its marker, with the place of the test and without a traceback."""
    file, line, _ = item.location
    message = message.removeprefix(f"{MARKER}: ")
    pytest.fail(f"{file}:{(line or 0) + 1}: {item.name}: {MARKER}: {message}", pytrace=False)


def _options(item: pytest.Item) -> dict[str, Any]:
    """Return the arguments of the markers; the nearest marker wins. Fail for an unknown one."""
    options: dict[str, Any] = {}
    for marker in item.iter_markers("gateway"):
        arguments = dict(marker.kwargs)
        if marker.args:
            arguments["scenario"], *more = marker.args
            if more:
                _fail(item, "takes one positional argument, the scenario; name all others")
        for name, value in arguments.items():
            if name not in OPTIONS:
                from mockserver.core.errors import did_you_mean

                _fail(item, f"unknown argument '{name}'; {did_you_mean(name, OPTIONS)}")
            options.setdefault(name, value)
    return options


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Check the gateway of a test that has passed; add a section to the report of one that has failed."""
    try:
        result = yield
    except BaseException:
        gateway = item.stash.get(GATEWAYS, None)
        if gateway is not None:
            item.add_report_section("call", "gateway", gateway.failure_report())
        raise
    gateway = item.stash.get(GATEWAYS, None)
    if gateway is not None:
        lines = gateway.problems()
        if lines:
            pytest.fail(gateway.report(lines), pytrace=False)
    return result

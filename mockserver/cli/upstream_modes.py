"""What becomes of a request in each `--mode` of `serve`: the fallback of its gateway, and what is said of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mockserver.cli.upstream_options import require_packages
from mockserver.core.errors import OperatorError

if TYPE_CHECKING:
    from mockserver.files.library import Library
    from mockserver.openapi.contract import Contract
    from mockserver.recording.exchange import RecordedExchange
    from mockserver.recording.scenario import Recording
    from mockserver.server.asgi import Fallback
    from mockserver.upstream.address import UpstreamAddress


class UpstreamMode(NamedTuple):
    """A mode: what makes the fallback, lines for the start, and what returns those for the end."""

    make: "Callable[[], Fallback | None]"
    notices: Sequence[str] = ()
    finish: Callable[[], Sequence[str]] = tuple


class ModeOptions(NamedTuple):
    """The options that a mode depends on; `tell` prints a line."""

    mode: str
    upstream: str | None
    allow_private: bool
    scenario: str | None
    workers: int
    library: "Library"
    contract: "Contract"
    tell: Callable[[str], None]


def open_mode(options: ModeOptions) -> UpstreamMode:
    """Return the mode. Raise `OperatorError` if the options contradict each other."""
    name, upstream = options.mode, options.upstream
    if name == "replay":
        if upstream is not None or options.allow_private:
            raise OperatorError(
                f"{'--upstream' if upstream is not None else '--allow-private'} needs a --mode such as spy"
            )
        return UpstreamMode(lambda: None)
    if upstream is None:
        raise OperatorError(f"--mode {name} needs --upstream")
    if name != "proxy" and options.scenario is None:
        raise OperatorError(f"--mode {name} needs --scenario: without one the mock answers every request")
    if name in ("record-missing", "compare") and options.workers > 1:
        raise OperatorError(f"--mode {name} needs a single process; omit --workers")
    require_packages()
    from mockserver.upstream.address import upstream_at

    address = upstream_at(upstream, allow_private=options.allow_private)
    mode = _OPENERS[name](options, address)
    return UpstreamMode(mode.make, [*mode.notices, *address.warnings], mode.finish)


def _spy(options: ModeOptions, address: "UpstreamAddress") -> UpstreamMode:
    from mockserver.upstream.spy import Spy

    return UpstreamMode(lambda: Spy(address), [f"What the scenario does not answer goes to {address.url}."])


def _record_missing(options: ModeOptions, address: "UpstreamAddress") -> UpstreamMode:
    from mockserver.recording.appending import extended
    from mockserver.recording.redaction import Redaction
    from mockserver.upstream.appender import Appender
    from mockserver.upstream.spy import Spy

    if options.library.playing is None or options.scenario == options.library.playing:
        raise OperatorError("--mode record-missing needs --scenario FILE: a file of your own that it can add to")
    path = options.library.files[options.library.playing]

    def extend(before: "Recording", exchanges: "Sequence[RecordedExchange]") -> "Recording":
        return extended(before, exchanges, options.contract, str(path), Redaction())

    appender = Appender(path, extend)

    def finish() -> list[str]:
        number, trouble = appender.close()
        turns = f"{number} exchange{'' if number == 1 else 's'}"
        return [f"Not added to {path}: {trouble}" if trouble else f"Added {turns} to {path}."]

    notice = f"What the scenario does not answer goes to {address.url}, and is added to {path}."
    return UpstreamMode(lambda: Spy(address, appender.seen, appender.known), [notice], finish)


def _compare(options: ModeOptions, address: "UpstreamAddress") -> UpstreamMode:
    from mockserver.contracts.document import ContractDocument
    from mockserver.files import bundled
    from mockserver.gate.comparison import broken_promises
    from mockserver.upstream.spy import Spy
    from mockserver.upstream.watching import DriftWatch

    watch = DriftWatch(options.contract, broken_promises(ContractDocument.open(bundled.OPENAPI)), options.tell)
    notice = f"Every request goes to {address.url}; where the scenario differs in meaning is said."
    return UpstreamMode(lambda: Spy(address, watch.seen, asks_always=True), [notice], watch.summary)


def _proxy(options: ModeOptions, address: "UpstreamAddress") -> UpstreamMode:
    from mockserver.upstream.proxy import ChaosProxy

    notice = f"Every request goes to {address.url}; chaos changes the answers."
    return UpstreamMode(lambda: ChaosProxy(address), [notice])


_OPENERS: "Mapping[str, Callable[[ModeOptions, UpstreamAddress], UpstreamMode]]" = {
    "spy": _spy,
    "record-missing": _record_missing,
    "compare": _compare,
    "proxy": _proxy,
}
"""Mode -> what opens it."""

"""Recordings of tests: one file a test, in `recordings/` beside the test file, with the modes and words of vcrpy.

| mode | with a file | without one | a request that the file does not answer |
|---|---|---|---|
| `none` | replay | fail | fail |
| `once` | replay | record | fail |
| `new` | replay | record | record it too |
| `all` | record anew | record | |

The mode is that of `--gateway-record`, else `none` in CI, else that of the marker. What is recorded is written when the
test ends, whatever its result; what cannot be written fails the test.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mockserver.core.errors import OperatorError, did_you_mean

if TYPE_CHECKING:
    from mockserver.journal.log import Outcome
    from mockserver.recording.exchange import RecordedExchange
    from mockserver.server.asgi_types import Receive, Scope, Send
    from mockserver.server.traffic import LiveAnswer
    from mockserver.testing.server_thread import ServerThread
    from mockserver.upstream.spy import Spy

MODES = ("none", "once", "new", "all")

FOLDER = "recordings"

UPSTREAM, KEY = "GATEWAY_UPSTREAM", "GATEWAY_KEY"
"""The environment variables of the gateway's URL, and of the key that it gets in the place of the test's."""


def chosen_mode(option: str | None, marked: object, environment: Mapping[str, str]) -> str:
    """Return the mode of a test. Raises `OperatorError` for a value of the marker that is none."""
    if marked is not True and marked not in MODES:
        raise OperatorError(f"record: expected True or a mode; {did_you_mean(str(marked), MODES)}")
    if option is not None:
        return option
    if environment.get("CI", "").lower() not in ("", "0", "false"):
        return "none"
    return "once" if marked is True else str(marked)


def recording_file(test_file: Path, test: str) -> Path:
    """Return the file of a test, by its name within its file: classes, parameters and all."""
    from mockserver.upstream.recorder import file_name

    return test_file.parent / FOLDER / test_file.stem / f"{file_name(test.replace('_', '-').lower())}.yaml"


class GatewayRecording:
    """The recording of one test. `nodeid` names the test in messages."""

    def __init__(self, path: Path, mode: str, nodeid: str, upstream: str | None, *, allow_private: bool) -> None:
        self._path = path
        self._has_file = path.is_file()
        self._mode = mode
        self._upstream = upstream
        self._allow_private = allow_private
        self._spy: Spy | None = None
        self._server: ServerThread | None = None
        self._session = ""
        self._exchanges: list[RecordedExchange] = []
        self._records = mode in ("new", "all") or (mode == "once" and not self._has_file)
        command = f"pytest --gateway-record={mode if self._records else 'once'} --gateway-upstream URL '{nodeid}'"
        if not self._has_file and mode == "none":
            raise OperatorError(f"there is no recording {path}; make it with: {command}")
        if self._records and not upstream and not (mode == "new" and self._has_file):
            raise OperatorError(f"to record {path}, say which gateway (or set {UPSTREAM}): {command}")

    @property
    def scenario(self) -> Path | None:
        """The file that the test plays, or None if all is recorded."""
        return self._path if self._has_file and self._mode != "all" else None

    def begin(self, server: "ServerThread", session: str) -> None:
        """Ask the upstream for what this session's scenario does not answer. Raises `OperatorError`."""
        if not self._records or not self._upstream:
            return
        from mockserver.upstream.address import upstream_at
        from mockserver.upstream.recorder import recorded
        from mockserver.upstream.spy import Spy

        if self._mode == "all":
            recorded(self._path)  # refuses a file that is no recording
        address = upstream_at(self._upstream, allow_private=self._allow_private)
        self._spy = Spy(address, self._seen, asks_always=self.scenario is None)
        self._server, self._session = server, session
        sessions_of(server).spies[session] = self._spy

    def _seen(self, live: "LiveAnswer", exchange: "RecordedExchange", skipped: str) -> tuple[str, ...]:
        if skipped:
            return (f"not recorded: {skipped}",)
        if exchange.method != "OPTIONS" and "/auth/" not in exchange.path:
            self._exchanges.append(exchange)
        return ()

    def finish(self) -> None:
        """Write what was recorded. Raises `OperatorError` if that is not possible."""
        if self._server is None or self._spy is None:
            return
        self._server.settle()
        del sessions_of(self._server).spies[self._session]
        self._server.runner.run(self._spy.aclose())
        if self._exchanges:
            self._write(self._server)

    def _write(self, server: "ServerThread") -> None:
        from mockserver.recording.appending import extended
        from mockserver.recording.redaction import Redaction
        from mockserver.recording.scenario import Recording, recording_of
        from mockserver.upstream.recorder import frames_beside, recorded, today, write_both, write_recording

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self.scenario is not None:
                before = Recording(self._path.read_text(encoding="utf-8"), frames_beside(self._path))
                more = extended(before, self._exchanges, server.contract, str(self._path), Redaction())
                write_both(self._path, more)
            else:
                before = recorded(self._path)
                recording = recording_of(
                    self._exchanges, self._path.stem, server.contract, on=today(), before=before.scenario
                )
                write_recording(self._path, recording)
        except OSError as error:
            raise OperatorError(f"{self._path}: cannot be written: {error.strerror or error}") from None


class RecordingSessions:
    """The fallback of a server of tests: each session that records has its spy."""

    def __init__(self) -> None:
        self.spies: dict[str, Spy] = {}

    def takes(self, live: "LiveAnswer") -> bool:
        """Return whether a session's upstream answers a request."""
        spy = self.spies.get(live.session_id or "")
        return spy is not None and spy.takes(live)

    async def answer(
        self, live: "LiveAnswer", scope: "Scope", receive: "Receive", send: "Send"
    ) -> "tuple[LiveAnswer, Outcome]":
        """Answer a request from the upstream of its session."""
        return await self.spies[live.session_id or ""].answer(live, with_key(scope, os.environ.get(KEY)), receive, send)

    async def aclose(self) -> None:
        """Do nothing: each recording closes its own spy."""


def sessions_of(server: "ServerThread") -> RecordingSessions:
    """Return the recording sessions of a server, which has them from the first one on."""
    if not isinstance(server.app.fallback, RecordingSessions):
        server.app.fallback = RecordingSessions()
    return server.app.fallback


def with_key(scope: "Scope", key: str | None) -> "Scope":
    """Return a request with the gateway's own key in the place of the test's."""
    if not key:
        return scope
    raw = cast(list[tuple[bytes, bytes]], scope["headers"])
    keys = {b"x-api-key": key.encode(), b"authorization": f"Bearer {key}".encode()}
    return {**scope, "headers": [(name, keys.get(name, value)) for name, value in raw]}

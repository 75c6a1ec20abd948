"""The gateway as a test sees it: one session, what it plays, what the client sent, and whether that was right.

```python
def test_survives_a_429(gateway):
    gateway.error(429, retry_after=2).reply("hi")
    run_my_agent(base_url=gateway.url, api_key=gateway.key)
    gateway.assert_called(times=2)
```

The fixture `gateway` (see `plugin`) is one, and `mockserver.start()` returns one outside pytest. The session belongs to
`key`, which is derived from the test's name, so a test gets the same bytes in every run.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from mockserver.accounts import keys
from mockserver.accounts.session import ChaosMemory, Session
from mockserver.core.errors import OperatorError
from mockserver.core.rng import token
from mockserver.engine.chaos_profile import NONE
from mockserver.engine.overrides import SCENARIO_KEY
from mockserver.engine.step import PREFLIGHT
from mockserver.journal.client_rules import ClientLimits
from mockserver.journal.format import timeline
from mockserver.journal.record import JournalQuery, Record
from mockserver.journal.snapshot import snapshot
from mockserver.journal.verdict import Verdict, judge
from mockserver.journal.verify import ClientError, expect_calls, expect_order, unmatched_requests, unplayed_turns
from mockserver.testing.arguments import checked
from mockserver.testing.builder import SessionScript, read_account, read_chaos, written_fault
from mockserver.testing.controls import GatewayAccount, GatewayClock
from mockserver.testing.held_streams import release_events, run_in_thread, wait_until_held
from mockserver.testing.journal import GatewayJournal
from mockserver.testing.server_thread import IN_PROCESS, ServerThread
from mockserver.wires import sdk_environment

if TYPE_CHECKING:
    import httpx

    from mockserver.accounts.schema import Account
    from mockserver.scenarios.schema import Scenario

__tracebackhide__ = True
"""Hide this module's frames in a failing test (pytest looks for this name)."""

PATIENCE = 5.0
"""Seconds that `eventually` and `held` wait by default."""

LOOPBACK = "127.0.0.1,localhost"


class GatewaySession:
    """One session of a test. Methods that build the scenario return the gateway, so that calls can be chained."""

    def __init__(
        self,
        server: ServerThread,
        name: str,
        *,
        scenario: "str | Path | Scenario | Mapping[str, object] | None" = None,
        seed: str | int | None = None,
        account: "Mapping[str, object] | Account | None" = None,
        strict: bool = False,
        lenient: bool = False,
    ) -> None:
        self._server = server
        again = server.session_counts[name] = server.session_counts.get(name, 0) + 1
        self._slot = "t" + token("test", name, again, length=16)
        self.key = SCENARIO_KEY + self._slot
        self.session = keys.session_of(self.key)
        server.sessions.add(self.session)
        server.latest_session = self.session
        self._first = server.app.journal.entered
        self._strict = strict
        self._unmatched_allowed = False
        self._saved: dict[str, str | None] = {}
        self._script = SessionScript(server.scripts, server.contract, read_account(account), lenient=lenient)
        self._update_script()
        self.clock = GatewayClock(server, self.session)
        self.account = GatewayAccount(server, self.session, self.key, self._script)
        self.journal = GatewayJournal(self._records)
        self.seed = "0" if seed is None else str(seed)
        if seed is not None:
            server.seed(self.session, self.seed)
        if scenario is not None:
            self.play(scenario)

    def __repr__(self) -> str:
        return f"<gateway {self.url}, session {self.session}>"

    # --- address ------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The base URL for the Anthropic SDK."""
        return self._server.url

    @property
    def openai_url(self) -> str:
        """The base URL for the OpenAI SDK."""
        return f"{self.url}/api/v1"

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that SDKs read, for a subprocess."""
        return {**sdk_environment(self.url, self.key), "NO_PROXY": LOOPBACK}

    def patch_env(self) -> Self:
        """Set the variables of `env` in this process until the test ends."""
        for name, value in self.env.items():
            self._saved.setdefault(name, os.environ.get(name))
            os.environ[name] = value
        return self

    @property
    def token(self) -> str:
        """The token of the control API if the gateway was started with `control=True`, else ""."""
        return self._server.token

    @property
    def page(self) -> str:
        """The link to the control page. Raises `OperatorError` unless the gateway was started with `control=True`."""
        if not self._server.page:
            raise OperatorError("this gateway has no page; start it with mockserver.start(control=True)")
        return self._server.page

    @property
    def app(self) -> Any:  # Any: ASGI's types differ in name only between us and every client library
        """The ASGI application of a gateway that was started with `in_process=True`."""
        if self._server.url != IN_PROCESS:
            raise OperatorError("this gateway listens on a socket; start it with mockserver.start(in_process=True)")
        trio = sys.modules.get("trio")
        if trio is not None and trio.lowlevel.in_trio_run():
            raise OperatorError("in process the mock needs asyncio's event loop; under trio, omit in_process=True")
        return self._server.app

    @property
    def transport(self) -> "httpx.ASGITransport":
        """The application as a transport of `httpx.AsyncClient`."""
        application = self.app
        import httpx

        return httpx.ASGITransport(app=application)

    # --- scenario -----------------------------------------------------------------------------------------------------

    @checked('gateway.play("rate-limited")')
    def play(self, scenario: "str | Path | Scenario | Mapping[str, object]") -> Self:
        """Play a shipped scenario, a file, inline YAML or a `Scenario`, from its beginning."""
        self._script.play(scenario)
        return self._update_script(scenario)

    @checked('gateway.turn(reply="hi", times=2)')
    def turn(self, keys: Mapping[str, object] | None = None, /, **words: object) -> Self:
        """Append a turn with the keys of a scenario file: `turn(when={"last": "user"}, reply="hi", times="always")`."""
        self._script.add({**(keys or {}), **words})
        return self._update_script()

    def reply(self, *blocks: object, **words: object) -> Self:
        """Append a reply of texts and blocks, one after the other or as a list, as in a scenario file."""
        parts = [part for block in blocks for part in (block if isinstance(block, list | tuple) else (block,))]
        return self.turn(reply=parts, **words)

    def thinking(self, text: str, /, *blocks: object, **words: object) -> Self:
        """Append a reply that begins with thinking: `thinking("Let me see.", "Hello!")`."""
        return self.turn(reply=[{"thinking": text}, *blocks], **words)

    def json(self, value: object, **words: object) -> Self:
        """Append a reply that is this value as JSON: the answer to a client that asks for structured output."""
        return self.turn(reply=[{"json": value}], **words)

    def refuse(self, text: str, **words: object) -> Self:
        """Append a reply in which the model refuses with this text."""
        return self.turn(reply=[{"refusal": text}], **words)

    @checked('gateway.tool_use("read_file", path="/x")')
    def tool_use(self, tool: str, input: Mapping[str, object] | None = None, /, **more: object) -> Self:
        """Append a reply that calls a tool. Give its input as keywords, or as a mapping."""
        return self.turn(reply=[{"tool_use": {"name": tool, "input": {**(input or {}), **more}}}])

    @checked("gateway.error(429, retry_after=2)")
    def error(
        self,
        status: int | Mapping[str, object],
        *,
        times: int | str = 1,
        when: Mapping[str, object] | None = None,
        **words: object,
    ) -> Self:
        """Append an error answer: `error(429, retry_after=2)`, or a mapping as in a scenario file."""
        condition: dict[str, object] = {} if when is None else {"when": when}
        error = {**status} if isinstance(status, Mapping) else {"status": status}
        return self.turn(error={**error, **words}, times=times, **condition)

    @checked('gateway.fault("reset", at=5)')
    def fault(self, fault: str | Mapping[str, object], value: object = None, /, **parameters: object) -> Self:
        """Add a fault to the last turn: `reply("hi").fault("reset", at=5)`.

        The other forms of a scenario file work too: `fault("reset", 5)`, and `fault({"reset": {"at": 5}})`.
        """
        words = self._script.last_turn
        faults = words.get("faults")
        before = faults if isinstance(faults, list) else []
        self._script.change_last({**words, "faults": [*before, written_fault(fault, value, parameters)]})
        return self._update_script()

    @checked('gateway.chaos("flaky")')
    def chaos(self, profile: str | Path | Mapping[str, object] | None) -> Self:
        """Apply a chaos profile to every answer: a shipped name, a file or `{"rules": [...]}`; None ends it."""
        name = NONE if profile is None else self._chaos_name(profile)
        now = self._server.clock.now()

        def change(session: Session) -> tuple[Session, None]:
            memory = ChaosMemory(began=session.clock.at(now), profile=name)
            return msgspec.structs.replace(session, chaos=memory), None

        self._server.update(self.session, change)
        return self

    def _chaos_name(self, source: str | Path | Mapping[str, object]) -> str:
        """Return the name by which the server knows a profile: its own if it is shipped, else the slot."""
        profiles = self._server.profiles
        profile = read_chaos(source, profiles, self._server.contract)
        if profiles.get(profile.name) is profile:
            return profile.name
        profiles.put(self._slot, profile)
        return self._slot

    def _update_script(self, source: object = None) -> Self:
        self._server.play(self.session, self._slot, self._script.script, source)
        return self

    # --- recorded requests --------------------------------------------------------------------------------------------

    def _records(self) -> list[Record]:
        self._server.settle()
        if self._dropped:
            raise OperatorError(self._dropped)
        return self._entered()

    @property
    def _dropped(self) -> str:
        """A message if the journal has dropped requests that came since the test began, else ""."""
        journal = self._server.app.journal
        dropped, entered = journal.forgotten - self._first, journal.entered - self._first
        return f"the journal was full and dropped {dropped:,} of {entered:,} requests" if dropped > 0 else ""

    def _entered(self) -> list[Record]:
        later = self._server.app.journal.since(self._first)
        own = [exchange for exchange in later if exchange.note.session == self.session]
        return [Record(exchange, self._server.contract, number) for number, exchange in enumerate(own, start=1)]

    def timeline(self) -> str:
        """Return the requests and answers so far, as lines for a person."""
        return timeline(self._entered())

    def allow_unmatched(self) -> Self:
        """Allow requests that match nothing, which otherwise fail the test."""
        self._unmatched_allowed = True
        return self

    def _stray_hint(self) -> str:
        """Return a hint at requests with another key during the test, or "". A browser's preflight never has a key."""
        strays = [
            exchange
            for exchange in self._server.app.journal.since(self._first)
            if exchange.note.session not in self._server.sessions and exchange.note.operation != PREFLIGHT
        ]
        if not strays:
            return ""
        count = f"{len(strays)} request{'' if len(strays) == 1 else 's'}"
        client = strays[-1].client or "an unnamed client"
        return f"{count} used another key than this gateway's, the last from {client}: give the client gateway.key."

    # --- assertions ---------------------------------------------------------------------------------------------------

    @checked('gateway.assert_called(times=2, last="user")')
    def assert_called(self, times: int | None = None, **when: object) -> list[Record]:
        """Fail unless `times` requests match `when`, or at least one if no number is given. Return them."""
        return expect_calls(self._records(), times, when, self._stray_hint())

    @checked('gateway.assert_never(last="user")')
    def assert_never(self, **when: object) -> None:
        """Fail if any request matches `when`."""
        expect_calls(self._records(), 0, when)

    @checked('gateway.assert_order({"last": "user"}, {"last": "tool_result"})')
    def assert_order(self, *steps: Mapping[str, object]) -> list[Record]:
        """Fail unless requests match the steps in this order; others may come between. Return them."""
        return expect_order(self._records(), steps, self._stray_hint())

    @checked('gateway.assert_eventually(2, timeout=5, last="user")')
    def assert_eventually(self, times: int = 1, *, timeout: float = PATIENCE, **when: object) -> list[Record]:
        """Wait until at least `times` requests match `when`; fail after `timeout` seconds. Return them.

        For clients in threads or processes.
        """
        query = JournalQuery(when)

        def matching() -> list[Record]:
            return [record for record in self._entered() if not record.differences(query)]

        if not self._server.wait(lambda: len(matching()) >= times, timeout):
            expect_calls(self._records(), times, when, f"Waited {timeout:g} seconds. {self._stray_hint()}".rstrip())
        return matching()

    async def eventually(self, times: int = 1, *, timeout: float = PATIENCE, **when: object) -> list[Record]:
        """Do what `assert_eventually` does without blocking the test's event loop, asyncio's or trio's."""

        def work() -> list[Record]:
            return self.assert_eventually(times, timeout=timeout, **when)

        return await run_in_thread(work)

    @checked("gateway.held(timeout=5)")
    def held(self, *, timeout: float = PATIENCE) -> int:
        """Wait until the fault `hold` stops an answer. Return how many events were delivered before."""
        return wait_until_held(self._server, self.session, timeout).delivery.frames

    async def until_held(self, *, timeout: float = PATIENCE) -> int:
        """Do what `held` does without blocking the test's event loop."""
        return await run_in_thread(lambda: self.held(timeout=timeout))

    @checked("gateway.release(1)")
    def release(self, events: int | None = None, *, timeout: float = PATIENCE) -> None:
        """Let a held answer continue, or only this number of its events."""
        release_events(self._server, wait_until_held(self._server, self.session, timeout), events)

    # --- end of the test ----------------------------------------------------------------------------------------------

    def problems(self) -> list[str]:
        """Return what fails the test at its end: unmatched requests, unplayed turns, internal errors of the mock."""
        self._server.settle()
        lines = [] if self._unmatched_allowed else unmatched_requests(self._entered())
        if self._dropped and not self._unmatched_allowed:
            lines.append(f"Cannot check all requests: {self._dropped}; call gateway.allow_unmatched() to accept that.")
        script = self._script.script
        hits = self._server.session(self.session).progress_of(script.name, script.edition).hits
        lines += unplayed_turns(script, hits, strict=self._strict)
        errors = [message for id, message in self._server.app.failures if id == self.session]
        lines += [f"Internal error of the mock (a bug of the mock): {message}" for message in errors]
        return lines

    @checked("gateway.verdict(concurrency=4, read_timeout=30)")
    def verdict(self, *, concurrency: int | None = None, read_timeout: float | None = None) -> Verdict:
        """Return what the client did wrong, with evidence. The verdict is false if no problem was found.

        `concurrency` is the allowed number of concurrent requests, `read_timeout` the allowed seconds of silence.
        """
        self._records()
        return self._judged(ClientLimits(concurrency, read_timeout))

    def _judged(self, limits: ClientLimits) -> Verdict:
        return judge(self._entered(), limits)

    def snapshot(self) -> str:
        """Return the requests and answers as readable YAML, the same in every run."""
        return snapshot(self._records())

    def failure_report(self) -> str:
        """Return the problems, the verdict and the timeline of a test that has failed.

        It never raises: the test's own error matters more.
        """
        try:
            return self.report([*self.problems(), *[str(finding) for finding in self._judged(ClientLimits())]])
        except Exception as error:
            return f"No report: {type(error).__name__}: {error}"

    def check(self) -> None:
        """Raise `ClientError` if there are `problems`."""
        lines = self.problems()
        if lines:
            raise ClientError(self.report(lines))

    def report(self, lines: list[str]) -> str:
        """Return these lines with the timeline, the session and the seed."""
        hint = self._stray_hint()
        where = f"(session {self.session}, seed {self.seed})"
        return "\n".join([*lines, *([hint] if hint else []), "Timeline:", self.timeline(), where])

    def close(self) -> None:
        """Restore the environment, and remove the session's scenario and chaos."""
        for name, value in self._saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._saved.clear()
        self._server.forget(self.session, self._slot)

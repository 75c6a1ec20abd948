"""The gateway as a test sees it: a session of its own, with what to play, what came, and whether it was right.

```python
def test_survives_a_429(gateway):
    gateway.error(429, retry_after=2).reply("hi")
    run_my_agent(base_url=gateway.url, api_key=gateway.key)
    gateway.assert_called(times=2)
```

The fixture `gateway` (see `pytest_plugin`) gives one; `mockserver.start()` gives one to everybody else. The session
belongs to `key`, which is derived from the test's name: a test gets the same bytes in every run.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from mockserver.accounts import keys
from mockserver.accounts.schema import Account
from mockserver.accounts.session import ChaosMemory, Session
from mockserver.core.errors import OperatorError
from mockserver.core.rng import token
from mockserver.engine.overrides import SCENARIO_KEY
from mockserver.engine.step import PREFLIGHT
from mockserver.journal.client_rules import ClientLimits
from mockserver.journal.format import timeline
from mockserver.journal.record import JournalQuery, Record, Records
from mockserver.journal.snapshot import snapshot
from mockserver.journal.verdict import Verdict, judge
from mockserver.journal.verify import ClientError, called, ordered, unmatched, unplayed
from mockserver.scenarios.schema import Scenario
from mockserver.testing.builder import SessionScript, read_account, read_chaos
from mockserver.testing.controls import GatewayAccount, GatewayClock
from mockserver.testing.held_streams import aside, held, let_go
from mockserver.testing.server_thread import IN_PROCESS, ServerThread
from mockserver.wires import sdk_environment

if TYPE_CHECKING:
    import httpx

__tracebackhide__ = True
"""A failing test shows its own line, not ours (pytest looks for this name)."""

PATIENCE = 5.0
"""Seconds that `eventually` waits unless told otherwise."""

LOOPBACK = "127.0.0.1,localhost"


class GatewaySession:
    """One session of a test. Everything that builds gives itself, so that calls can be chained."""

    def __init__(
        self,
        host: ServerThread,
        name: str,
        *,
        scenario: str | Path | Scenario | Mapping[str, object] | None = None,
        seed: str | int | None = None,
        account: Mapping[str, object] | Account | None = None,
        strict: bool = False,
    ) -> None:
        self._host = host
        again = host.minted[name] = host.minted.get(name, 0) + 1
        self._place = "t" + token("test", name, again, length=16)
        self.key = SCENARIO_KEY + self._place
        self.session = keys.session_of(self.key)
        host.sessions.add(self.session)
        host.own = self.session
        self._first = host.app.journal.entered
        self._strict = strict
        self._allowed = False
        self._saved: dict[str, str | None] = {}
        self._stage = SessionScript(host.scripts, host.contract, read_account(account))
        self._lay()
        self.clock = GatewayClock(host, self.session)
        self.account = GatewayAccount(host, self.session, self.key, self._stage)
        self.journal = Records(self._records)
        self.seed = "0" if seed is None else str(seed)
        if seed is not None:
            host.seed(self.session, self.seed)
        if scenario is not None:
            self.play(scenario)

    def __repr__(self) -> str:
        return f"<gateway {self.url}, session {self.session}>"

    # --- where it is --------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The base URL for the Anthropic SDK."""
        return self._host.url

    @property
    def openai_url(self) -> str:
        """The base URL for the OpenAI SDK."""
        return f"{self.url}/api/v1"

    @property
    def env(self) -> dict[str, str]:
        """The variables that SDKs read; give them to a subprocess beside its others."""
        return {**sdk_environment(self.url, self.key), "NO_PROXY": LOOPBACK}

    def patch_env(self) -> Self:
        """Set these variables in this process until the test ends."""
        for name, value in self.env.items():
            self._saved.setdefault(name, os.environ.get(name))
            os.environ[name] = value
        return self

    @property
    def token(self) -> str:
        """The token of the control API, where the gateway was started with `control=True`; else nothing."""
        return self._host.token

    @property
    def page(self) -> str:
        """The link to the page that shows and steers it, where the gateway was started with `control=True`."""
        if not self._host.page:
            raise OperatorError("this gateway has no page; mockserver.start(control=True) has one")
        return self._host.page

    @property
    def app(self) -> Any:  # Any: ASGI's types differ in name only between us and every client library
        """The ASGI application of a gateway that was started with `in_process=True`."""
        if self._host.url != IN_PROCESS:
            raise OperatorError("this gateway listens on a socket; mockserver.start(in_process=True) has none")
        trio = sys.modules.get("trio")
        if trio is not None and trio.lowlevel.in_trio_run():
            raise OperatorError("in process the mock needs asyncio's loop; under trio leave out in_process=True")
        return self._host.app

    @property
    def transport(self) -> "httpx.ASGITransport":
        """The application as a transport for `httpx.AsyncClient`."""
        application = self.app
        import httpx

        return httpx.ASGITransport(app=application)

    # --- what it plays ------------------------------------------------------------------------------------------------

    def play(self, scenario: str | Path | Scenario | Mapping[str, object]) -> Self:
        """Play a shipped scenario, a file, inline YAML or a `Scenario`, from its beginning."""
        self._stage.play(scenario)
        return self._lay()

    def turn(self, **words: object) -> Self:
        """Append a turn in the words of a file: `turn(when={"last": "user"}, reply="hi", times="always")`."""
        self._stage.add(words)
        return self._lay()

    def reply(self, *blocks: object, **words: object) -> Self:
        """Append a reply: texts, and blocks as a file has them."""
        return self.turn(reply=[*blocks], **words)

    def tool_use(self, tool: str, /, **input: object) -> Self:
        """Append a reply that calls a tool with this input."""
        return self.turn(reply=[{"tool_use": {"name": tool, "input": input}}])

    def error(
        self, status: int, *, times: int | str = 1, when: Mapping[str, object] | None = None, **words: object
    ) -> Self:
        """Append an error answer: `error(429, retry_after=2)`."""
        asked: dict[str, object] = {} if when is None else {"when": when}
        return self.turn(error={"status": status, **words}, times=times, **asked)

    def fault(self, name: str, /, **parameters: object) -> Self:
        """Let a fault happen in the last turn: `reply("hi").fault("reset", at=5)`."""
        words = self._stage.last_turn
        faults = words.get("faults")
        before = faults if isinstance(faults, list) else []
        self._stage.change_last({**words, "faults": [*before, {name: parameters} if parameters else name]})
        return self._lay()

    def chaos(self, profile: str | Path | Mapping[str, object] | None) -> Self:
        """Lay chaos over everything: a shipped profile, a file, `{"rules": [...]}`; None ends it."""
        name = "none"
        if profile is not None:
            self._host.profiles.put(self._place, read_chaos(profile, self._host.profiles))
            name = self._place
        now = self._host.clock.now()

        def change(session: Session) -> tuple[Session, None]:
            memory = ChaosMemory(began=session.clock.at(now), profile=name)
            return msgspec.structs.replace(session, chaos=memory), None

        self._host.update(self.session, change)
        return self

    def _lay(self) -> Self:
        self._host.scripts.put(self._place, self._stage.script)
        return self

    # --- what came ----------------------------------------------------------------------------------------------------

    def _records(self) -> list[Record]:
        self._host.settle()
        if self._forgotten:
            raise OperatorError(self._forgotten)
        return self._entered()

    @property
    def _forgotten(self) -> str:
        """What is to be said if the journal no longer has everything that came since the test began."""
        journal = self._host.app.journal
        gone, came = journal.forgotten - self._first, journal.entered - self._first
        return f"the journal was full and has forgotten {gone:,} of {came:,} requests" if gone > 0 else ""

    def _entered(self) -> list[Record]:
        own = [one for one in self._host.app.journal if one.note.session == self.session and one.number > self._first]
        return [Record(exchange, self._host.contract, number) for number, exchange in enumerate(own, start=1)]

    def timeline(self) -> str:
        """What happened, for a person."""
        return timeline(self._entered())

    def allow_unmatched(self) -> Self:
        """Do not fail the test because a request matched nothing."""
        self._allowed = True
        return self

    def _strays(self) -> str:
        """A hint at requests that came with another key, while the test ran; a browser's preflight never has one."""
        strays = [
            exchange
            for exchange in self._host.app.journal
            if exchange.number > self._first
            and exchange.note.session not in self._host.sessions
            and exchange.note.operation != PREFLIGHT
        ]
        if not strays:
            return ""
        return (
            f"{len(strays)} request(s) came with a key that is not this gateway's, the last from "
            f"{strays[-1].client or 'an unnamed client'}: give the client gateway.key."
        )

    # --- whether it was right -----------------------------------------------------------------------------------------

    def assert_called(self, times: int | None = None, **when: object) -> list[Record]:
        """So many requests were so, in the words of `when`; at least one if no number is given. Gives them."""
        return called(self._records(), times, when, self._strays())

    def assert_never(self, **when: object) -> None:
        """No request was so."""
        called(self._records(), 0, when)

    def assert_order(self, *steps: Mapping[str, object]) -> list[Record]:
        """Requests were so, in this order; others may stand between."""
        return ordered(self._records(), steps, self._strays())

    def assert_eventually(self, times: int = 1, *, timeout: float = PATIENCE, **when: object) -> list[Record]:
        """At least so many requests were so, or will be before `timeout`. For clients in threads or processes."""
        asked = JournalQuery(when)

        def hold() -> list[Record]:
            return [record for record in self._entered() if not record.differences(asked)]

        if not self._host.wait(lambda: len(hold()) >= times, timeout):
            called(self._records(), times, when, f"Waited {timeout:g} seconds. {self._strays()}".rstrip())
        return hold()

    async def eventually(self, times: int = 1, *, timeout: float = PATIENCE, **when: object) -> list[Record]:
        """The same without holding up the test's own loop, asyncio's or trio's."""

        def work() -> list[Record]:
            return self.assert_eventually(times, timeout=timeout, **when)

        return await aside(work)

    def held(self, *, timeout: float = PATIENCE) -> int:
        """Wait until an answer is held back by the fault `hold`; gives how many events were delivered before it."""
        return held(self._host, self.session, timeout).delivery.frames

    async def until_held(self, *, timeout: float = PATIENCE) -> int:
        """The same without holding up the test's own loop."""
        return await aside(lambda: self.held(timeout=timeout))

    def release(self, events: int | None = None, *, timeout: float = PATIENCE) -> None:
        """Let the answer that is held back go on, or only so many events of it."""
        let_go(self._host, held(self._host, self.session, timeout), events)

    # --- the end ------------------------------------------------------------------------------------------------------

    def problems(self) -> list[str]:
        """What a strict test fails for: a request that matched nothing, a turn not played, a failure of our own."""
        self._host.settle()
        lines = [] if self._allowed else unmatched(self._entered())
        if self._forgotten and not self._allowed:
            lines.append(
                f"Not known is what they matched: {self._forgotten}; say gateway.allow_unmatched() if it may be."
            )
        script = self._stage.script
        session: Session = self._host.update(self.session, lambda session: (session, session))
        hits = session.progress_of(script.name, script.edition).hits
        lines += unplayed(script, hits, strict=self._strict)
        failures = [told for id, told in self._host.app.failures if id == self.session]
        lines += [f"The mock itself failed, which is a bug of it: {told}" for told in failures]
        return lines

    def verdict(self, *, concurrency: int | None = None, read_timeout: float | None = None) -> Verdict:
        """What the client did wrong, with evidence; nothing, and so false, where there is nothing to blame.

        `concurrency`: so many requests at a time are allowed; `read_timeout`: so many seconds of silence.
        """
        self._records()
        return self._judged(ClientLimits(concurrency, read_timeout))

    def _judged(self, limits: ClientLimits) -> Verdict:
        return judge(self._entered(), limits)

    def snapshot(self) -> str:
        """The run as readable YAML, the same in every run."""
        return snapshot(self._records())

    def told(self) -> str:
        """What there is to say of a test that has failed: its problems, the verdict, what happened.

        It never raises: the test's own error is what counts.
        """
        try:
            return self.report([*self.problems(), *[str(finding) for finding in self._judged(ClientLimits())]])
        except Exception as error:
            return f"What happened cannot be told: {type(error).__name__}: {error}"

    def check(self) -> None:
        """Raise `ClientError` for everything that a strict test fails for."""
        lines = self.problems()
        if lines:
            raise ClientError(self.report(lines))

    def report(self, lines: list[str]) -> str:
        """Problems, with what happened and how to get it again."""
        hint = self._strays()
        told = [*lines, *([hint] if hint else []), "What happened:", self.timeline()]
        return "\n".join([*told, f"(session {self.session}, seed {self.seed})"])

    def close(self) -> None:
        """Give everything back that the test has taken."""
        for name, value in self._saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._saved.clear()
        self._host.scripts.clear(self._place)
        self._host.profiles.clear(self._place)
